import { z } from 'zod';
import { AskEffect } from './ask.ts';
import { Id, SessionRef } from './fields.ts';

/** What became of a decision. */
export const HostApprovalApplied = z.object({
	t: z.literal('approval.applied'),
	...SessionRef,
	approvalId: Id,
	generation: z.int().min(1),
	effect: AskEffect,
	/** The answer was given in the agent's own dialog. */
	by: z.literal('terminal').optional()
});
export type HostApprovalApplied = z.infer<typeof HostApprovalApplied>;
