// What became of a decision.
import { z } from 'zod';
import { Id, Seq } from '../envelope.ts';

export const ApprovalApplied = z.object({
	t: z.literal('approval.applied'),
	seq: Seq,
	approvalId: Id,
	generation: z.number().int().min(1),
	effect: z.enum(['allowed', 'denied', 'too_late', 'indeterminate']),
	/** Set when the answer was given in the CLI's own dialog. */
	by: z.literal('terminal').optional()
});
export type ApprovalApplied = z.infer<typeof ApprovalApplied>;
