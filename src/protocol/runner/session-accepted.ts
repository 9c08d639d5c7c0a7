// The runner will run this attempt.
import { z } from 'zod';
import { Seq } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionAccepted = z.object({
	t: z.literal('session.accepted'),
	seq: Seq,
	...sessionRef
});
export type SessionAccepted = z.infer<typeof SessionAccepted>;
