import { z } from 'zod';
import { WithdrawReason } from './ask.ts';
import { Id, SessionRef } from './fields.ts';

/** Nobody waits for this answer any more. */
export const HostApprovalWithdrawn = z.object({
	t: z.literal('approval.withdrawn'),
	...SessionRef,
	approvalId: Id,
	generation: z.int().min(1),
	reason: WithdrawReason
});
export type HostApprovalWithdrawn = z.infer<typeof HostApprovalWithdrawn>;
