// Fields that several messages of the client wire share.
import { z } from 'zod';
import { Offset, text } from '../envelope.ts';

/** The client's own name for a message; its reply or refusal carries it. */
export const MessageId = text(100);

/** What every message of a client may carry. Its `timestamp`, and keys nobody knows, are ignored. */
export const FROM_CLIENT = { messageId: MessageId.optional() };

/** Where to go on: the last number seen, and the next byte wanted. */
export const RESUME = {
	fromSeq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
	fromOffset: Offset.optional()
};

/** Number in the session's own stream, contiguous from 1. */
export const FrameSeq = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
