import { z } from 'zod';
import { Id } from './fields.ts';

/**
 * A refusal. BAD_FRAME, FRAME_TOO_BIG, NO_HELLO, PROTOCOL_VERSION and REPLACED end the connection;
 * sessions are never touched by one.
 */
export const HostError = z.object({
	t: z.literal('error'),
	code: z.enum([
		'BAD_FRAME',
		'FRAME_TOO_BIG',
		'NO_HELLO',
		'PROTOCOL_VERSION',
		'REPLACED',
		'UNKNOWN_SESSION',
		'UNKNOWN_STREAM',
		'STALE_ATTEMPT',
		'BAD_OFFSET',
		'SESSION_LIVE'
	]),
	message: z.string(),
	sessionId: Id.optional(),
	streamId: z.int().optional()
});
export type HostError = z.infer<typeof HostError>;
