// Server → browser: the answer to `attach`; bytes, a snapshot or nothing at all follow.
import { z } from 'zod';
import { Id, Offset } from '../envelope.ts';
import { Phase, Ref, Stream } from './fields.ts';
import { KeyboardState } from './keyboard.ts';

export const Attached = z.object({
	t: z.literal('attached'),
	ref: Ref,
	stream: Stream,
	sessionId: Id,
	/** This connection's id among the viewers of the session. */
	viewerId: Id,
	/** Oldest byte kept, and one past the newest, at this moment. */
	firstOffset: Offset,
	headOffset: Offset,
	/** How it goes on: with exactly the missing bytes, or with a snapshot that replaces everything. */
	resume: z.enum(['bytes', 'snapshot']),
	cols: z.number().int(),
	rows: z.number().int(),
	canWrite: z.boolean(),
	phase: Phase,
	keyboard: KeyboardState
});
export type Attached = z.infer<typeof Attached>;
