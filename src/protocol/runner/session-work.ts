// One thing the agent did.
import { z } from 'zod';
import { Seq } from '../envelope.ts';
import { sessionRef } from './streams.ts';
import { WorkEvent } from './work-event.ts';

export const SessionWork = z.object({
	t: z.literal('session.work'),
	seq: Seq,
	...sessionRef,
	event: WorkEvent
});
export type SessionWork = z.infer<typeof SessionWork>;
