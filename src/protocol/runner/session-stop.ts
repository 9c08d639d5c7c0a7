// End this attempt: interrupt, after 5 s SIGTERM, after 10 s SIGKILL to the whole tree; `force` starts with SIGKILL.
import { z } from 'zod';
import { Seq } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionStop = z.object({
	t: z.literal('session.stop'),
	seq: Seq,
	...sessionRef,
	cause: z.enum(['user', 'timeout', 'policy', 'drain', 'superseded']),
	force: z.boolean().default(false)
});
export type SessionStop = z.infer<typeof SessionStop>;
