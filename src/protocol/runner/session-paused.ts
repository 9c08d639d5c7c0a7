// Answer to session.pause.
import { z } from 'zod';
import { Id, Seq, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionPaused = z.object({
	t: z.literal('session.paused'),
	seq: Seq,
	...sessionRef,
	requestId: Id,
	ok: z.boolean(),
	method: z.enum(['freezer', 'signal']).optional(),
	message: text(500).optional()
});
export type SessionPaused = z.infer<typeof SessionPaused>;
