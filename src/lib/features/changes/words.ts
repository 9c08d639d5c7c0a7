// What a change of a file is called.
import type { FileStatus } from '#protocol/runner/diff-told.ts';

/** Letter and word of a status; a letter alone is never all that is said. */
export const STATUS_WORDS: Record<FileStatus, { letter: string; word: string; tone: string }> = {
	added: { letter: 'A', word: 'added', tone: 'text-success' },
	modified: { letter: 'M', word: 'changed', tone: 'text-info' },
	deleted: { letter: 'D', word: 'deleted', tone: 'text-destructive' },
	renamed: { letter: 'R', word: 'renamed', tone: 'text-info' },
	conflicted: { letter: '!', word: 'in conflict', tone: 'text-warning' },
	untracked: { letter: 'U', word: 'new, not added to git', tone: 'text-success' }
};

/** Folder (with its slash, may be empty) and name of a path. */
export function partsOf(path: string): { folder: string; name: string } {
	const at = path.lastIndexOf('/', path.length - 2) + 1;
	return { folder: path.slice(0, at), name: path.slice(at) };
}
