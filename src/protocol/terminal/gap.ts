// Server → browser: these bytes are lost, or no longer kept; the stream goes on at `to`.
import { z } from 'zod';
import { Offset, text } from '../envelope.ts';
import { Stream } from './fields.ts';

export const Gap = z.object({
	t: z.literal('gap'),
	stream: Stream,
	from: Offset,
	to: Offset,
	/** `trimmed`: older than what is kept. Others as the runner declared them. */
	reason: text(64)
});
export type Gap = z.infer<typeof Gap>;
