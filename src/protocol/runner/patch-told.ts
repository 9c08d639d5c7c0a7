// The changes of one file as a unified diff.
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { DiffFile } from './diff-told.ts';
import { WorkspaceFault } from './workspace-fault.ts';

/** Longest patch, in UTF-8 bytes; what is longer is cut after a line. */
export const MAX_PATCH_BYTES = 400_000;

export const FilePatch = DiffFile.extend({
	/** Unified diff with three lines around each change; empty when there is nothing to be shown. */
	text: text(MAX_PATCH_BYTES),
	/** Why `text` is empty although the file has changed. */
	omitted: z.enum(['binary', 'huge', 'special']).optional(),
	/** Lines at the end were left out. */
	truncated: z.boolean(),
	/** Bytes the file has now; null when it is gone. */
	size: z.number().int().min(0).nullable()
});
export type FilePatch = z.infer<typeof FilePatch>;

export const PatchTold = z.object({
	t: z.literal('patch_told'),
	requestId: Id,
	/** One of the two. */
	patch: FilePatch.optional(),
	fault: WorkspaceFault.optional()
});
export type PatchTold = z.infer<typeof PatchTold>;
