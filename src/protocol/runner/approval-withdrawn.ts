// Nobody waits for the answer any more (the asker is gone).
import { z } from 'zod';
import { Id, Seq, text } from '../envelope.ts';

export const ApprovalWithdrawn = z.object({
	t: z.literal('approval.withdrawn'),
	seq: Seq,
	approvalId: Id,
	reason: text(500)
});
export type ApprovalWithdrawn = z.infer<typeof ApprovalWithdrawn>;
