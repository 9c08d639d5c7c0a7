// Server → browser: from this byte on the terminal has this size. Sent before the byte; apply it when everything before it is parsed.
import { z } from 'zod';
import { Offset } from '../envelope.ts';
import { Stream } from './fields.ts';

export const Size = z.object({
	t: z.literal('size'),
	stream: Stream,
	offset: Offset,
	cols: z.number().int().min(1).max(0xffff),
	rows: z.number().int().min(1).max(0xffff)
});
export type Size = z.infer<typeof Size>;
