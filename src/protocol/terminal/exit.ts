// Server → browser: the process has ended and `offset` bytes are all there ever will be: whoever has them has everything.
import { z } from 'zod';
import { Offset, text } from '../envelope.ts';
import { Stream } from './fields.ts';

export const Exit = z.object({
	t: z.literal('exit'),
	stream: Stream,
	offset: Offset,
	code: z.number().int().nullable(),
	signal: text(32).nullable()
});
export type Exit = z.infer<typeof Exit>;
