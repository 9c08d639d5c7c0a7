// What a worktree holds, or what was done with it.
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { MAX_PATCH_BYTES } from './patch-told.ts';
import { WorkspaceFault } from './workspace-fault.ts';

const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const Holdings = z.object({
	kind: z.enum(['worktree', 'folder', 'scratch']),
	/** Folder on the runner. */
	path: text(4096),
	branch: text(255).nullable(),
	/** Files that differ from the last commit, new ones included; ignored ones are no work. */
	uncommitted: Count,
	/** Commits that no other ref of the repository leads to, remote ones included. */
	commits: Count,
	/** Repositories inside it that are not its own; what they hold is in no patch. */
	nested: z.array(text(4096)).max(20),
	/** Whether the session has ended and the worktree waits for somebody to decide. */
	kept: z.boolean(),
	/** Since when it waits. */
	since: z.iso.datetime().nullable()
});
export type Holdings = z.infer<typeof Holdings>;

export const WorkspaceTold = z.object({
	t: z.literal('workspace_told'),
	requestId: Id,
	/** What it holds, for `look`. */
	holdings: Holdings.optional(),
	/** Patch that was written on the runner, for `export` and a `remove` that discards; `text` when it is short enough. */
	patch: z
		.object({ path: text(4096), bytes: Count, text: text(MAX_PATCH_BYTES).optional() })
		.optional(),
	/** A ref that leads to its commits, for `branch` and `remove`. */
	refs: z.array(text(255)).max(64).optional(),
	fault: WorkspaceFault.optional()
});
export type WorkspaceTold = z.infer<typeof WorkspaceTold>;
