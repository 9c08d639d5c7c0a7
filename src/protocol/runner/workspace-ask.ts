// What becomes of the worktree of a session that has ended.
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const WorkspaceAsk = z.object({
	t: z.literal('workspace_ask'),
	requestId: Id,
	...sessionRef,
	/**
	 * `look`: what does it hold? `export`: write everything since the start as a patch. `branch`: name its last commit.
	 * `remove`: take it away, when nothing would be lost by it.
	 */
	do: z.enum(['look', 'export', 'branch', 'remove']),
	/** For `branch`. */
	branch: text(250).optional(),
	/** For `remove`: also what is not committed, which is exported first. */
	discard: z.boolean().optional()
});
export type WorkspaceAsk = z.infer<typeof WorkspaceAsk>;
