// Server → client: what a session printed, as text. Offsets count bytes, so that nothing can be missed unseen.
import { z } from 'zod';
import { Id, Offset, Time } from '../envelope.ts';

export const TerminalOutput = z.object({
	type: z.literal('terminal'),
	sessionId: Id,
	action: z.literal('output'),
	/** Never half a character; bytes that are none are U+FFFD. */
	data: z.string(),
	offset: Offset,
	nextOffset: Offset,
	timestamp: Time
});
export type TerminalOutput = z.infer<typeof TerminalOutput>;
