// How far an accepted session is before it is live.
import { z } from 'zod';
import { Seq, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionPhase = z.object({
	t: z.literal('session.phase'),
	seq: Seq,
	...sessionRef,
	phase: z.enum(['preparing', 'starting']),
	detail: text(500).optional()
});
export type SessionPhase = z.infer<typeof SessionPhase>;
