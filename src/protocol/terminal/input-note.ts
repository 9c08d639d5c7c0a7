// Server → browser: somebody wrote to the session without the keyboard (over the API or a task message).
import { z } from 'zod';
import { text } from '../envelope.ts';
import { Stream } from './fields.ts';

export const InputNote = z.object({
	t: z.literal('input_note'),
	stream: Stream,
	by: text(200),
	bytes: z.number().int().min(0)
});
export type InputNote = z.infer<typeof InputNote>;
