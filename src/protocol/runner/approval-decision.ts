// The answer to approval.request; durable before it is sent, repeated until approval.applied.
import { z } from 'zod';
import { Id, Seq, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

/** `expire` and `cancel` end the wait without an answer: `village ask` exits 2. */
export const ApprovalDecision = z.object({
	t: z.literal('approval.decision'),
	seq: Seq,
	approvalId: Id,
	generation: z.number().int().min(1),
	...sessionRef,
	decision: z.enum(['allow', 'deny', 'expire', 'cancel']),
	optionId: text(100).optional(),
	message: text(2000).optional(),
	/** Answer to a question, as the asker's tool wants it. */
	answer: z.json().optional(),
	by: z.enum(['user', 'policy', 'expiry', 'system'])
});
export type ApprovalDecision = z.infer<typeof ApprovalDecision>;
