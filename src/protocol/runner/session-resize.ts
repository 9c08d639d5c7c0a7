// New size of the terminal.
import { z } from 'zod';
import { Seq } from '../envelope.ts';
import { Cols, Rows } from './session-start.ts';
import { sessionRef } from './streams.ts';

export const SessionResize = z.object({
	t: z.literal('session.resize'),
	seq: Seq,
	...sessionRef,
	cols: Cols,
	rows: Rows
});
export type SessionResize = z.infer<typeof SessionResize>;
