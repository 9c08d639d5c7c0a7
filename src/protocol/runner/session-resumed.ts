// Answer to session.resume.
import { z } from 'zod';
import { Id, Seq, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionResumed = z.object({
	t: z.literal('session.resumed'),
	seq: Seq,
	...sessionRef,
	requestId: Id,
	ok: z.boolean(),
	method: z.enum(['freezer', 'signal']).optional(),
	message: text(500).optional()
});
export type SessionResumed = z.infer<typeof SessionResumed>;
