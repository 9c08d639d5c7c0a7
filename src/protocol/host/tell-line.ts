import { z } from 'zod';
import { Id } from './fields.ts';

// The wire between an agent's driver and the session host, on the same socket as `village ask`: one JSON object per line.

/** Longest line a driver may tell, in bytes. */
export const MAX_TOLD_LINE = 64 * 1024;

/** First line of a driver that tells what its agent does. The token is the session's, from its environment. */
export const TellHello = z.object({
	t: z.literal('tell'),
	token: z.string().min(16).max(200),
	sessionId: Id
});
export type TellHello = z.infer<typeof TellHello>;

/**
 * One thing told (told.ts), as text: the host keeps it as it is in the session's raw stream (kind 0x03), so that it
 * survives runner and server, and does not look inside.
 */
export const TellLine = z.object({
	t: z.literal('line'),
	text: z
		.string()
		.min(1)
		.max(MAX_TOLD_LINE)
		.regex(/^[^\n\r]*$/)
});
export type TellLine = z.infer<typeof TellLine>;

/** `kept` counts the lines of this connection that are on disk. */
export const TellDown = z.discriminatedUnion('t', [
	z.object({ t: z.literal('telling') }),
	z.object({ t: z.literal('kept'), lines: z.int().min(1) }),
	z.object({
		t: z.literal('error'),
		code: z.enum(['BAD_REQUEST', 'NOT_ALLOWED', 'FULL']),
		message: z.string()
	})
]);
export type TellDown = z.infer<typeof TellDown>;
