// Suspend the whole process tree; answered with session.paused.
import { z } from 'zod';
import { Id, Seq } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionPause = z.object({
	t: z.literal('session.pause'),
	seq: Seq,
	...sessionRef,
	requestId: Id
});
export type SessionPause = z.infer<typeof SessionPause>;
