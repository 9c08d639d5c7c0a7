// The patch of one file of a session, on demand.
import { constants } from 'node:fs';
import { lstat, open, readlink, realpath } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { DiffFile } from '#protocol/runner/diff-told.ts';
import { MAX_PATCH_BYTES, type FilePatch } from '#protocol/runner/patch-told.ts';
import { baseOf, trackedFiles } from './diff.ts';
import { DIFF_FLAGS, FaultError, HUGE_BYTES, within, type WorktreeGit } from './worktree-git.ts';

/** A frame is a megabyte of JSON: text that is mostly escapes is cut shorter. */
const MAX_JSON_BYTES = 900_000;

/** What has changed in a file. @throws FaultError (`bad_path`, `no_path`, `no_base`), GitError */
export async function readPatch(
	git: WorktreeGit,
	headSha: string | undefined,
	path: string
): Promise<FilePatch> {
	await demandInside(git.root, path);
	const base = await baseOf(git, headSha);
	const file = (await trackedFiles(git, base)).find((one) => one.path === path);
	return file ? trackedPatch(git, base, file) : untrackedPatch(git, path);
}

/** Refuses what does not name a file below the root, also when a link on the way leads elsewhere. */
async function demandInside(root: string, path: string): Promise<void> {
	const bad = new FaultError('bad_path', 'this path does not lie in the workspace');
	if (path === '' || path.startsWith('/') || path.includes('\0') || path.endsWith('/')) throw bad;
	if (normalize(path) !== path || path.split('/').includes('..')) throw bad;
	// What git keeps for itself is no work.
	if (path.split('/').some((part) => part.toLowerCase() === '.git')) throw bad;
	// The nearest folder that is there: a deleted file's own may be gone too.
	for (let folder = dirname(join(root, path)); within(folder, root); folder = dirname(folder)) {
		const real = await realpath(folder).catch(() => null);
		if (real === null) continue;
		if (!within(real, root)) throw bad;
		return;
	}
}

async function trackedPatch(git: WorktreeGit, base: string, file: DiffFile): Promise<FilePatch> {
	const size = await sizeOf(join(git.root, file.path));
	const none = { ...file, text: '', truncated: false, size };
	if (file.added === null && file.status !== 'conflicted')
		return { ...none, omitted: (size ?? 0) > HUGE_BYTES ? 'huge' : 'binary' };
	const said = await git.bytes(
		[
			'diff',
			...DIFF_FLAGS,
			'--unified=3',
			base,
			'--',
			...(file.from ? [file.from] : []),
			file.path
		],
		{ cutAt: MAX_PATCH_BYTES + 1 }
	);
	return { ...none, ...fit(said) };
}

async function untrackedPatch(git: WorktreeGit, path: string): Promise<FilePatch> {
	const listed = await git.bytes(['ls-files', '--others', '--exclude-standard', '-z', '--', path]);
	if (!listed.toString('utf8').split('\0').includes(path))
		throw new FaultError('no_path', 'this file has not changed');
	const full = join(git.root, path);
	const facts = await lstat(full).catch(() => null);
	if (!facts) throw new FaultError('no_path', 'this file is gone');
	const none: FilePatch = {
		path,
		status: 'untracked',
		added: null,
		removed: null,
		text: '',
		truncated: false,
		size: facts.size
	};
	if (facts.isSymbolicLink()) {
		const target = Buffer.from(await readlink(full));
		return { ...none, ...fresh(path, target, '120000', true), added: 1, removed: 0 };
	}
	if (!facts.isFile()) return { ...none, omitted: 'special' };
	if (facts.size > HUGE_BYTES) return { ...none, omitted: 'huge' };
	const bytes = await readFresh(full, facts.size);
	if (bytes.subarray(0, 8192).includes(0)) return { ...none, omitted: 'binary' };
	const added = countLines(bytes);
	const mode = facts.mode & 0o100 ? '100755' : '100644';
	return { ...none, ...fresh(path, bytes, mode, false), added, removed: 0 };
}

/** Reads a file that was looked at just now; a link that was put there meanwhile is not followed. */
async function readFresh(path: string, size: number): Promise<Buffer> {
	const file = await open(
		path,
		constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
	).catch(() => {
		throw new FaultError('no_path', 'this file is gone');
	});
	try {
		if (!(await file.stat()).isFile()) throw new FaultError('no_path', 'this is no file any more');
		const buffer = Buffer.alloc(size);
		const { bytesRead } = await file.read(buffer, 0, size, 0);
		return buffer.subarray(0, bytesRead);
	} finally {
		await file.close();
	}
}

const countLines = (bytes: Buffer): number => {
	let lines = bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0;
	for (const byte of bytes) if (byte === 10) lines++;
	return lines;
};

/** A new file as git would print it. */
function fresh(
	path: string,
	bytes: Buffer,
	mode: string,
	isLink: boolean
): Pick<FilePatch, 'text' | 'truncated'> {
	const lines = countLines(bytes);
	const head = [
		`diff --git a/${path} b/${path}`,
		`new file mode ${mode}`,
		'--- /dev/null',
		`+++ b/${path}`
	];
	if (lines === 0) return { text: `${head.slice(0, 2).join('\n')}\n`, truncated: false };
	const kept = bytes.subarray(0, MAX_PATCH_BYTES);
	const body = kept.toString('utf8').replace(/\n$/, '').split('\n');
	const whole = kept.length === bytes.length;
	const open = whole && (isLink || bytes.at(-1) !== 10) ? '\n\\ No newline at end of file' : '';
	const text = `${head.join('\n')}\n@@ -0,0 +1,${lines} @@\n+${body.join('\n+')}${open}\n`;
	const fitted = fit(Buffer.from(text));
	return { text: fitted.text, truncated: fitted.truncated || !whole };
}

/** A patch of at most the allowed length, cut after a line. */
function fit(said: Buffer): Pick<FilePatch, 'text' | 'truncated'> {
	let most = MAX_PATCH_BYTES;
	for (;;) {
		const cut = said.length > most;
		const end = cut ? said.lastIndexOf(10, most - 1) + 1 : said.length;
		// A byte that is no text cannot be shown, and none of our wires takes U+0000.
		const text = said.subarray(0, end).toString('utf8').replaceAll('\0', '\ufffd');
		if (text.length <= MAX_PATCH_BYTES && Buffer.byteLength(JSON.stringify(text)) <= MAX_JSON_BYTES)
			return { text, truncated: cut };
		most = Math.floor(most / 2);
	}
}

async function sizeOf(path: string): Promise<number | null> {
	return lstat(path).then(
		(facts) => facts.size,
		() => null
	);
}
