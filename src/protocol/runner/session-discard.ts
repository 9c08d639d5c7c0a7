// Delete spool and worktree of an attempt; the server has everything it wants.
import { z } from 'zod';
import { Seq } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const SessionDiscard = z.object({
	t: z.literal('session.discard'),
	seq: Seq,
	...sessionRef
});
export type SessionDiscard = z.infer<typeof SessionDiscard>;
