// The process runs.
import { z } from 'zod';
import { Seq, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';
import { Cols, Mode, Rows } from './session-start.ts';

export const SessionStarted = z.object({
	t: z.literal('session.started'),
	seq: Seq,
	...sessionRef,
	pid: z.number().int().positive(),
	providerVersion: text(200).nullable().default(null),
	mode: Mode,
	level: z.enum(['L1', 'L2', 'L3']),
	cols: Cols,
	rows: Rows,
	/** Commit the worktree started from. */
	headSha: z
		.string()
		.regex(/^[0-9a-f]{40,64}$/)
		.optional(),
	branch: text(255).optional(),
	/** Folder on the runner in which the process runs. */
	workdir: text(1000).optional()
});
export type SessionStarted = z.infer<typeof SessionStarted>;
