// Let a suspended process tree go on; answered with session.resumed.
import { z } from 'zod';
import { Id, Seq } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionResume = z.object({
	t: z.literal('session.resume'),
	seq: Seq,
	...sessionRef,
	requestId: Id
});
export type SessionResume = z.infer<typeof SessionResume>;
