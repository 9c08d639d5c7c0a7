// What a session has changed since it started: which files, how much, in which commits. Never what is in them.
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { WorkspaceFault } from './workspace-fault.ts';

/** Most files and commits of one answer; totals count all of them. */
export const MAX_DIFF_FILES = 2_000;
export const MAX_DIFF_COMMITS = 100;

const Sha = z.string().regex(/^[0-9a-f]{40,64}$/);
const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** A path below the workspace, with `/`. Bytes that are no UTF-8 are U+FFFD. */
const Path = text(4096);

export const FileStatus = z.enum([
	'added',
	'modified',
	'deleted',
	'renamed',
	'conflicted',
	'untracked'
]);
export type FileStatus = z.infer<typeof FileStatus>;

export const DiffFile = z.object({
	path: Path,
	/** Where it was, for `renamed`. */
	from: Path.optional(),
	status: FileStatus,
	/** Lines; null when nobody counted: binary, too large, or one of very many untracked files. */
	added: Count.nullable(),
	removed: Count.nullable()
});
export type DiffFile = z.infer<typeof DiffFile>;

export const DiffCommit = z.object({
	sha: Sha,
	author: text(200),
	/** Seconds since 1970, as the author's clock had it. */
	at: z.number().int().min(-8e12).max(8e12),
	subject: text(300)
});
export type DiffCommit = z.infer<typeof DiffCommit>;

export const DiffSummary = z.object({
	/** The commit the session started from; null for a repository that had none: everything is new. */
	base: Sha.nullable(),
	head: Sha.nullable(),
	/** null when no branch is checked out. */
	branch: text(255).nullable(),
	/** Tracked files first, then untracked ones, each by path. */
	files: z.array(DiffFile).max(MAX_DIFF_FILES),
	/** Of all files, also of those that `files` leaves out. Lines: as far as they were counted. */
	totals: z.object({ files: Count, untracked: Count, added: Count, removed: Count }),
	/** There are more files than `files` holds. */
	truncated: z.boolean(),
	/** Made since `base`, the newest first. */
	commits: z.array(DiffCommit).max(MAX_DIFF_COMMITS),
	/** There are more commits than `commits` holds. */
	moreCommits: z.boolean()
});
export type DiffSummary = z.infer<typeof DiffSummary>;

export const DiffTold = z.object({
	t: z.literal('diff_told'),
	requestId: Id,
	/** One of the two. */
	diff: DiffSummary.optional(),
	fault: WorkspaceFault.optional()
});
export type DiffTold = z.infer<typeof DiffTold>;
