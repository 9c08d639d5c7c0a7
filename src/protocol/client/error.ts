// Server → client: something was refused; nothing was changed by it, and the socket stays open unless it says otherwise.
import { z } from 'zod';
import { Time } from '../envelope.ts';
import { MessageId } from './fields.ts';

/** Codes of this wire that are not in `protocol/errors.ts`, because no HTTP answer carries them. */
export const CLIENT_ERROR_CODES = [
	'UNAUTHORIZED',
	'AUTH_FAILED',
	'TOKEN_EXPIRED',
	'NOT_AUTHENTICATED',
	'CONNECTION_LIMIT',
	'NOT_SUBSCRIBED',
	'INVALID_MESSAGE',
	'UNKNOWN_MESSAGE_TYPE',
	'REPLAY_GAP'
] as const;
export type ClientErrorCode = (typeof CLIENT_ERROR_CODES)[number];

export const ErrorMessage = z.object({
	type: z.literal('error'),
	/** One of the above, or of `protocol/errors.ts`. */
	code: z.string().regex(/^[A-Z][A-Z_]{1,63}$/),
	message: z.string(),
	messageId: MessageId.optional(),
	details: z.record(z.string(), z.unknown()).optional(),
	timestamp: Time
});
export type ErrorMessage = z.infer<typeof ErrorMessage>;
