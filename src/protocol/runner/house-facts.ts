// What the runner saw of a repository after it had prepared the workspace; the village draws houses from it.
import { z } from 'zod';
import { Seq, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const HouseFacts = z.object({
	t: z.literal('house.facts'),
	seq: Seq,
	...sessionRef,
	/** Main language by bytes of file extensions, such as `TypeScript`; null when there is none. */
	language: text(40).nullable(),
	/** Number of files git knows, or found in the folder. */
	files: z.number().int().min(0)
});
export type HouseFacts = z.infer<typeof HouseFacts>;
