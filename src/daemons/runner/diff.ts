// What a session has changed since its start commit, told by git in a few short processes.
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clipped } from '#protocol/envelope.ts';
import {
	MAX_DIFF_COMMITS,
	MAX_DIFF_FILES,
	type DiffCommit,
	type DiffFile,
	type DiffSummary
} from '#protocol/runner/diff-told.ts';
import { GitError } from './git.ts';
import { DIFF_FLAGS, FaultError, type WorktreeGit } from './worktree-git.ts';

/** Untracked files whose lines are counted: that many, each and together at most so many bytes. */
const COUNTED_FILES = 300;
const COUNTED_BYTES = 256 * 1024;
/** Most bytes of paths in one answer; a frame holds a megabyte. */
const MAX_PATH_BYTES = 600_000;

/** The tree everything is compared with: the start commit's, or the empty one. */
export async function baseOf(git: WorktreeGit, headSha: string | undefined): Promise<string> {
	return headSha ?? git.text(['hash-object', '-t', 'tree', '/dev/null']);
}

/** Everything that has changed. @throws FaultError, GitError */
export async function summarize(git: WorktreeGit, headSha?: string): Promise<DiffSummary> {
	const [tracked, { untracked, conflicted }, history, branch] = await Promise.all([
		baseOf(git, headSha).then((base) => trackedFiles(git, base)),
		looseFiles(git),
		commitsSince(git, headSha),
		branchOf(git)
	]);
	const known = new Set(tracked.map((file) => file.path));
	const fresh = untracked.filter((path) => !known.has(path));
	for (const file of tracked) if (conflicted.has(file.path)) file.status = 'conflicted';
	const all = [...tracked, ...(await counted(git.root, fresh))];
	const files = bounded(all);
	return {
		base: headSha ?? null,
		head: git.head,
		branch,
		files,
		totals: {
			files: all.length,
			untracked: fresh.length,
			added: all.reduce((sum, file) => sum + (file.added ?? 0), 0),
			removed: all.reduce((sum, file) => sum + (file.removed ?? 0), 0)
		},
		truncated: files.length < all.length,
		commits: history.slice(0, MAX_DIFF_COMMITS),
		moreCommits: history.length > MAX_DIFF_COMMITS
	};
}

/** Tracked files that differ from the base, by path; renames are paired. */
export async function trackedFiles(git: WorktreeGit, base: string): Promise<DiffFile[]> {
	const said = await git
		.bytes(['diff', ...DIFF_FLAGS, '--raw', '--numstat', '-z', base, '--'])
		.catch((error: unknown) => explain(git, base, error));
	return readChanges(said.toString('utf8')).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Git that failed because the start commit is not there any more says so in a word of its own. */
async function explain(git: WorktreeGit, base: string, error: unknown): Promise<never> {
	if (error instanceof GitError && error.exitCode === 128)
		await git.bytes(['cat-file', '-e', `${base}^{tree}`]).catch(() => {
			const message = 'the commit it started from is not in its repository any more';
			throw new FaultError('no_base', message);
		});
	throw error;
}

/** Reads what `git diff --raw --numstat -z` prints: first all raw entries, then all counts. */
export function readChanges(said: string): DiffFile[] {
	const words = said.split('\0');
	const files = new Map<string, DiffFile>();
	for (let at = 0; at < words.length; at++) {
		const word = words[at]!;
		if (word.startsWith(':')) {
			const letter = word.charAt(word.lastIndexOf(' ') + 1);
			const from = letter === 'R' || letter === 'C' ? words[++at] : undefined;
			const path = words[++at];
			if (path === undefined) break;
			files.set(path, {
				path,
				...(from !== undefined && letter === 'R' ? { from } : {}),
				status: statusOf(letter),
				added: null,
				removed: null
			});
			continue;
		}
		const counts = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/.exec(word);
		if (!counts) continue;
		// With an empty path the two names of a rename follow.
		const path = counts[3] === '' ? words[(at += 2)] : counts[3];
		const file = files.get(path ?? '');
		if (!file || counts[1] === '-' || counts[2] === '-') continue;
		file.added = Number(counts[1]);
		file.removed = Number(counts[2]);
	}
	return [...files.values()];
}

function statusOf(letter: string): DiffFile['status'] {
	switch (letter) {
		case 'A':
		case 'C':
			return 'added';
		case 'D':
			return 'deleted';
		case 'R':
			return 'renamed';
		case 'U':
			return 'conflicted';
		default:
			return 'modified';
	}
}

/** Files git does not know, sorted, and those whose merge is not finished. */
async function looseFiles(
	git: WorktreeGit
): Promise<{ untracked: string[]; conflicted: Set<string> }> {
	const said = await git.bytes([
		'ls-files',
		'-t',
		'--others',
		'--unmerged',
		'--exclude-standard',
		'-z'
	]);
	const untracked: string[] = [];
	const conflicted = new Set<string>();
	for (const entry of said.toString('utf8').split('\0')) {
		if (entry.startsWith('? ')) untracked.push(entry.slice(2));
		else if (entry.startsWith('M ')) conflicted.add(entry.slice(entry.indexOf('\t') + 1));
	}
	return { untracked: untracked.sort(), conflicted };
}

/** Untracked files with their lines, as long as they are few. */
async function counted(root: string, paths: string[]): Promise<DiffFile[]> {
	const count = paths.length <= COUNTED_FILES;
	const files: DiffFile[] = [];
	for (const path of paths) {
		const added = count ? await linesOf(join(root, path)) : null;
		files.push({ path, status: 'untracked', added, removed: added === null ? null : 0 });
	}
	return files;
}

/** Lines of a small text file; null for anything else. A link is never followed, a pipe never waited for. */
async function linesOf(path: string): Promise<number | null> {
	let file;
	try {
		file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
		const facts = await file.stat();
		if (!facts.isFile() || facts.size > COUNTED_BYTES) return null;
		const bytes = await file.readFile();
		if (bytes.subarray(0, 8192).includes(0)) return null;
		let lines = bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0;
		for (const byte of bytes) if (byte === 10) lines++;
		return lines;
	} catch {
		return null;
	} finally {
		await file?.close();
	}
}

/** The branch that is checked out; null when none is. Read from the file, which saves a process. */
async function branchOf(git: WorktreeGit): Promise<string | null> {
	const head = await readFile(join(git.ownDir, 'HEAD'), 'utf8').catch(() => '');
	const branch = /^ref: refs\/heads\/(\S+)\n?$/.exec(head)?.[1];
	return branch ? clipped(branch, 255) : null;
}

async function commitsSince(git: WorktreeGit, headSha?: string): Promise<DiffCommit[]> {
	if (!git.head) return [];
	const range = headSha ? `${headSha}..${git.head}` : git.head;
	const said = await git
		.bytes([
			'log',
			'-z',
			'--no-color',
			'--no-show-signature',
			'--format=%H%x00%an%x00%at%x00%s',
			`--max-count=${MAX_DIFF_COMMITS + 1}`,
			'--end-of-options',
			range,
			'--',
			// A house may be a part of a repository. Without a path also commits that change nothing are told.
			...(git.root === git.top ? [] : ['.'])
		])
		// That the start commit is gone is told by the comparison with it.
		.catch((error: unknown) => {
			if (error instanceof GitError && error.exitCode === 128) return Buffer.alloc(0);
			throw error;
		});
	const words = said.toString('utf8').split('\0');
	const commits: DiffCommit[] = [];
	for (let at = 0; at + 3 < words.length; at += 4) {
		const [sha, author, time, subject] = words.slice(at, at + 4) as [
			string,
			string,
			string,
			string
		];
		commits.push({
			sha,
			author: clipped(author, 200),
			at: Number(time) || 0,
			subject: clipped(subject, 300)
		});
	}
	return commits;
}

/** As many files as one answer may hold. */
function bounded(files: DiffFile[]): DiffFile[] {
	let bytes = 0;
	const kept: DiffFile[] = [];
	for (const file of files) {
		bytes += Buffer.byteLength(file.path) + Buffer.byteLength(file.from ?? '');
		if (kept.length >= MAX_DIFF_FILES || bytes > MAX_PATH_BYTES) break;
		kept.push(file);
	}
	return kept;
}
