// Server → browser: something was refused, and nothing was lost or changed by it.
import { z } from 'zod';
import { text } from '../envelope.ts';
import { Ref, Stream } from './fields.ts';

export const TerminalError = z.object({
	t: z.literal('error'),
	/** A code of protocol/errors.ts, or `BAD_FRAME`, `UNKNOWN_FRAME`, `UNKNOWN_STREAM`. */
	code: text(64),
	message: text(300),
	/** The `attach` it answers. */
	ref: Ref.optional(),
	stream: Stream.optional(),
	/** For refused input: the counter of the frame. Its bytes reached nobody. */
	counter: z.number().int().min(0).optional()
});
export type TerminalError = z.infer<typeof TerminalError>;
