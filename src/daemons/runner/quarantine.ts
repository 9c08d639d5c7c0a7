// Worktrees of sessions that have ended: kept while they hold something that is nowhere else, and removed so that nothing is lost.
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUtf8 } from 'node:buffer';
import { refProblem } from '#domain/repo.ts';
import { MAX_PATCH_BYTES } from '#protocol/runner/patch-told.ts';
import type { Holdings, WorkspaceTold } from '#protocol/runner/workspace-told.ts';
import type { WorkspaceAsk } from '#protocol/runner/workspace-ask.ts';
import { baseOf } from './diff.ts';
import { git as runGit, GitError } from './git.ts';
import { findRepositories, lookAtWork, type Work } from './holdings.ts';
import type { StateDir, WorkspaceRecord } from './state-dir.ts';
import { pathKey } from './state-dir.ts';
import type { Ref } from './table.ts';
import { FaultError, openWorktree, type WorktreeGit, type WorktreeRun } from './worktree-git.ts';

export interface QuarantineOptions extends WorktreeRun {
	state: StateDir;
	/** One at a time per repository: what one worktree leads to may be all that another's commits hang on. */
	lock<T>(key: string, task: () => Promise<T>): Promise<T>;
}

type Answer = Omit<WorkspaceTold, 't' | 'requestId'>;

const there = (path: string) =>
	access(path).then(
		() => true,
		() => false
	);
const nameOf = (ref: Ref) => `${pathKey(ref.sessionId)}.${ref.attempt}`;

/**
 * A session has ended: its workspace is removed when it holds nothing that is nowhere else, and kept otherwise, also when
 * nobody can tell. A folder of the machine is never touched. Never throws.
 */
export async function settle(
	options: QuarantineOptions,
	ref: Ref,
	workspace: WorkspaceRecord
): Promise<'removed' | 'kept'> {
	if (workspace.kind === 'folder') return 'kept';
	try {
		if (workspace.kind === 'scratch') {
			const own = await there(join(workspace.cwd, '.git'));
			if (own || (await findRepositories(workspace.cwd)).length > 0) return 'kept';
			await rm(workspace.cwd, { recursive: true, force: true });
		} else await remove(options, ref, workspace, false);
		options.state.removeKept(ref.sessionId, ref.attempt);
		return 'removed';
	} catch {
		return 'kept';
	}
}

/** Does what is asked of a workspace. @throws FaultError, GitError */
export async function dealWith(
	options: QuarantineOptions,
	ask: WorkspaceAsk,
	workspace: WorkspaceRecord
): Promise<Answer> {
	const kept = options.state.readKept(ask.sessionId, ask.attempt);
	if (ask.do === 'look') return { holdings: await look(options, workspace, kept?.since ?? null) };
	if (!kept) throw new FaultError('running', 'its session has not ended');
	switch (ask.do) {
		case 'export':
			return {
				patch: await exportPatch(options, ask, await openWorktree(workspace, options), workspace)
			};
		case 'branch':
			return { refs: [await keepBranch(options, workspace, ask.branch ?? '')] };
		case 'remove': {
			if (workspace.kind !== 'worktree')
				throw new FaultError('holds_work', 'only a worktree of a session is removed');
			const done = await remove(options, ask, workspace, ask.discard ?? false);
			options.state.removeKept(ask.sessionId, ask.attempt);
			return done;
		}
	}
}

async function look(
	options: QuarantineOptions,
	workspace: WorkspaceRecord,
	since: string | null
): Promise<Holdings> {
	const git = await openWorktree(workspace, options);
	const work = await lookAtWork(git, workspace.branch);
	return {
		kind: workspace.kind,
		path: git.root,
		branch: workspace.branch ?? null,
		uncommitted: work.uncommitted.length,
		commits: work.commits,
		nested: work.nested.slice(0, 20),
		kept: since !== null && workspace.kind === 'worktree',
		since
	};
}

async function remove(
	options: QuarantineOptions,
	ref: Ref,
	workspace: WorkspaceRecord,
	discard: boolean
): Promise<Answer> {
	return options.lock(workspace.gitDir!, async () => {
		const git = await openWorktree(workspace, options);
		const work = await lookAtWork(git, workspace.branch);
		if (work.nested.length > 0)
			throw new FaultError(
				'holds_work',
				`it holds repositories of their own, which no patch would have: ${work.nested.slice(0, 3).join(', ')}`
			);
		// Without anybody's word only what holds nothing goes.
		if (!discard && (work.uncommitted.length > 0 || work.commits > 0))
			throw new FaultError('holds_work', said(work));
		const patch =
			work.uncommitted.length > 0 ? await exportPatch(options, ref, git, workspace) : undefined;
		const refs = await keepCommits(git, ref, workspace, work);
		// Somebody may have worked on meanwhile: then it is looked at again when it is asked for again.
		const again = await lookAtWork(await openWorktree(workspace, options), workspace.branch);
		if (again.uncommitted.join('\0') !== work.uncommitted.join('\0') || again.nested.length > 0)
			throw new FaultError('holds_work', 'it has just changed');
		await takeAway(options, git, workspace, refs.length > 0);
		return { ...(patch ? { patch } : {}), refs };
	});
}

function said({ uncommitted, commits }: Work): string {
	const parts = [
		uncommitted.length > 0 ? `${uncommitted.length} files that are not committed` : '',
		commits > 0 ? `${commits} commits that are nowhere else` : ''
	];
	return `it holds ${parts.filter(Boolean).join(' and ')}`;
}

/** Sees to it that a ref which stays leads to every commit. Answers those refs. */
async function keepCommits(
	git: WorktreeGit,
	ref: Ref,
	workspace: WorkspaceRecord,
	work: Work
): Promise<string[]> {
	if (work.commits === 0) return [];
	const branch = `refs/heads/${workspace.branch}`;
	const at = await git.text(['for-each-ref', '--format=%(objectname)', branch]);
	const refs: string[] = [];
	for (const [n, tip] of work.tips.entries()) {
		// The branch stays where it is; every other tip gets a name that is no branch.
		const name = tip === at ? branch : `refs/village/kept/${nameOf(ref)}/${n + 1}`;
		if (tip !== at) await git.text([`--git-dir=${git.commonDir}`, 'update-ref', name, tip]);
		refs.push(name);
	}
	return refs.slice(0, 64);
}

async function takeAway(
	options: QuarantineOptions,
	git: WorktreeGit,
	workspace: WorkspaceRecord,
	holdsCommits: boolean
): Promise<void> {
	const run = { from: options.from, signal: options.signal };
	const branch = `refs/heads/${workspace.branch}`;
	const at = await git.text(['for-each-ref', '--format=%(objectname)', branch]);
	const gitDir = `--git-dir=${git.commonDir}`;
	await runGit([gitDir, 'worktree', 'remove', '--force', '--force', workspace.cwd], run);
	await rm(workspace.cwd, { recursive: true, force: true });
	if (holdsCommits || !at || !workspace.branch) return;
	try {
		// With the value it was looked at with, so that a branch that has moved stays.
		await runGit([gitDir, 'update-ref', '-d', branch, at], run);
		const alone = await runGit(
			[gitDir, 'rev-list', '--max-count=1', at, '--not', '--glob=refs/*'],
			run
		);
		// Another runner may have removed at this moment what its commits were thought to hang on.
		if (alone !== '') await runGit([gitDir, 'update-ref', branch, at], run);
	} catch {
		// The branch has moved, or nobody can tell: it stays.
	}
}

/** Writes everything since the start commit as a patch that `git apply` takes, and reads it back. */
async function exportPatch(
	options: QuarantineOptions,
	ref: Ref,
	git: WorktreeGit,
	workspace: WorkspaceRecord
): Promise<NonNullable<WorkspaceTold['patch']>> {
	const { patchDir } = options.state;
	await mkdir(patchDir, { recursive: true, mode: 0o700 });
	const index = join(patchDir, `${nameOf(ref)}.index`);
	const base = await baseOf(git, workspace.headSha);
	const own = { env: { GIT_INDEX_FILE: index } };
	let patch: Buffer;
	try {
		// An index of its own: the agent's may be locked, or told not to look at a file.
		await git.bytes(['read-tree', base], own);
		await git.bytes(['add', '--all'], own);
		patch = await git.bytes(
			['diff', '--cached', '--binary', '--full-index', '--no-ext-diff', '--no-textconv', base],
			own
		);
	} finally {
		await rm(index, { force: true });
		await rm(`${index}.lock`, { force: true });
	}
	const path = await freeName(join(patchDir, nameOf(ref)));
	await writeFile(`${path}.new`, patch, { mode: 0o600 });
	if (!(await readFile(`${path}.new`)).equals(patch))
		throw new FaultError('failed', 'the patch was not written whole');
	await rename(`${path}.new`, path);
	const text = patch.length <= MAX_PATCH_BYTES && isUtf8(patch) ? patch.toString('utf8') : null;
	const fits = text !== null && !text.includes('\0') && JSON.stringify(text).length < 900_000;
	return { path, bytes: patch.length, ...(fits ? { text } : {}) };
}

/** A patch that was exported before is never written over. */
async function freeName(stem: string): Promise<string> {
	for (let n = 1; ; n++) {
		const path = n === 1 ? `${stem}.patch` : `${stem}-${n}.patch`;
		if (!(await stat(path).catch(() => null))) return path;
	}
}

async function keepBranch(
	options: QuarantineOptions,
	workspace: WorkspaceRecord,
	name: string
): Promise<string> {
	const problem = refProblem(name);
	if (problem) throw new FaultError('bad_path', `this branch cannot be used: ${problem}`);
	const git = await openWorktree(workspace, options);
	if (!git.head) throw new FaultError('no_path', 'there is no commit');
	try {
		const none = '0'.repeat(git.head.length);
		const gitDir = `--git-dir=${git.commonDir}`;
		await git.text([gitDir, 'update-ref', `refs/heads/${name}`, git.head, none]);
	} catch (error) {
		if (error instanceof GitError && error.exitCode !== null)
			throw new FaultError('taken', 'a branch of that name is there already');
		throw error;
	}
	return `refs/heads/${name}`;
}
