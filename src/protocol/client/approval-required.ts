// Server → client: a question waits for an answer, for who came with `subscribe_session`.
import { z } from 'zod';
import { APPROVAL_ACTIONS, RISKS } from '../approval-words.ts';
import { Id, Time } from '../envelope.ts';
import { FrameSeq, MessageId } from './fields.ts';

export const ApprovalRequired = z.object({
	type: z.literal('approval_required'),
	sessionId: Id,
	approval: z.object({
		approvalId: Id,
		requestId: Id,
		action: z.enum(APPROVAL_ACTIONS),
		description: z.string(),
		risk: z.enum(RISKS),
		/** null for viewers. */
		details: z.record(z.string(), z.unknown()).nullable(),
		requestedAt: Time,
		expiresAt: Time
	}),
	messageId: MessageId,
	seq: FrameSeq,
	timestamp: Time
});
export type ApprovalRequired = z.infer<typeof ApprovalRequired>;
