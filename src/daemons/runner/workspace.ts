// Where a session works: a worktree of its own, a folder of this machine, or an empty scratch folder.
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCommit } from '#domain/repo.ts';
import type { StartSpec } from '#protocol/runner/session-start.ts';
import { resolveLocal } from './allow-local.ts';
import { git, gitBytes, GitError } from './git.ts';
import { repoProblem, withMirror, type MirrorOptions } from './mirror.ts';
import type { StateDir, WorkspaceRecord } from './state-dir.ts';
import { pathKey } from './state-dir.ts';

/** The workspace cannot be made; `retryable` when another try or another runner may do better. */
export class WorkspaceError extends Error {
	override name = 'WorkspaceError';
	readonly code: 'bad_spec' | 'workspace';
	readonly retryable: boolean;
	constructor(code: 'bad_spec' | 'workspace', message: string, retryable: boolean) {
		super(message);
		this.code = code;
		this.retryable = retryable;
	}
}

export interface PrepareOptions extends MirrorOptions {
	sessionId: string;
	attempt: number;
	spec: Pick<StartSpec, 'repo' | 'local' | 'worktree'>;
	allowLocal: readonly string[];
	/** Tells what is being done, for the person who waits. */
	onDetail(detail: string): void;
}

/** Makes the workspace of one attempt; nothing is left behind when it fails. @throws WorkspaceError */
export async function prepareWorkspace(options: PrepareOptions): Promise<WorkspaceRecord> {
	const { repo, local } = options.spec;
	try {
		if (repo && local) throw refused('both a repository and a folder were given');
		if (repo) return await fromRepository(options, repo);
		if (local) return await fromLocal(options, local.path);
		const cwd = join(options.state.workDir, 'scratch', workName(options));
		await mkdir(cwd, { recursive: true, mode: 0o700 });
		return { kind: 'scratch', cwd };
	} catch (error) {
		if (error instanceof WorkspaceError) throw error;
		if (error instanceof GitError) throw new WorkspaceError('workspace', error.message, true);
		throw new WorkspaceError(
			'workspace',
			error instanceof Error ? error.message : String(error),
			true
		);
	}
}

function refused(message: string): WorkspaceError {
	return new WorkspaceError('bad_spec', message, false);
}

function workName(options: { sessionId: string; attempt: number }): string {
	return `${pathKey(options.sessionId)}.${options.attempt}`;
}

/** The branch a session works on; a second attempt must not trip over the first one's. */
function branchName(options: { sessionId: string; attempt: number }): string {
	const base = `village/${pathKey(options.sessionId)}`;
	return options.attempt === 1 ? base : `${base}-${options.attempt}`;
}

async function fromRepository(
	options: PrepareOptions,
	repo: NonNullable<StartSpec['repo']>
): Promise<WorkspaceRecord> {
	const problem = repoProblem(repo);
	if (problem) throw refused(problem);
	if (repo.commit && !isCommit(repo.commit)) throw refused('the commit is not a full commit id');
	options.onDetail('Fetching the repository');
	return withMirror(options, repo, ({ gitDir, ref }) =>
		addWorktree(options, gitDir, repo.commit ?? ref)
	);
}

async function fromLocal(options: PrepareOptions, path: string): Promise<WorkspaceRecord> {
	const folder = await resolveLocal(path, options.allowLocal);
	if (!folder.ok) throw refused(folder.message);
	const run = { from: options.from, signal: options.signal };
	let gitDir: string | null = null;
	let headSha: string | null = null;
	try {
		gitDir = await git(
			['-C', folder.path, 'rev-parse', '--path-format=absolute', '--git-common-dir'],
			run
		);
		headSha = await git(['-C', folder.path, 'rev-parse', '--verify', 'HEAD^{commit}'], run);
	} catch (error) {
		if (options.signal.aborted) throw error;
		// Not a repository, or one without a commit: then the session works in the folder itself.
	}
	if (!options.spec.worktree || !gitDir || !headSha)
		return {
			kind: 'folder',
			cwd: folder.path,
			...(gitDir ? { gitDir } : {}),
			...(headSha ? { headSha } : {})
		};
	return options.lock(gitDir, () => addWorktree(options, gitDir, headSha));
}

async function addWorktree(
	options: PrepareOptions,
	gitDir: string,
	from: string
): Promise<WorkspaceRecord> {
	const cwd = join(options.state.workDir, 'trees', workName(options));
	const branch = branchName(options);
	const run = { from: options.from, signal: options.signal };
	options.onDetail('Making a worktree');
	await mkdir(join(options.state.workDir, 'trees'), { recursive: true, mode: 0o700 });
	// What a runner that was killed in the middle left behind.
	await rm(cwd, { recursive: true, force: true });
	await git(['--git-dir', gitDir, 'worktree', 'prune'], run);
	try {
		await git(
			[
				'--git-dir',
				gitDir,
				'worktree',
				'add',
				'--quiet',
				'-B',
				branch,
				'--end-of-options',
				cwd,
				from
			],
			run
		);
		const headSha = await git(['-C', cwd, 'rev-parse', '--verify', 'HEAD^{commit}'], run);
		return { kind: 'worktree', cwd, gitDir, branch, headSha };
	} catch (error) {
		await rm(cwd, { recursive: true, force: true });
		throw error;
	}
}

/** Whether a workspace holds changes that are not committed, or commits that are nowhere else. */
export async function isDirty(
	workspace: WorkspaceRecord,
	from: NodeJS.ProcessEnv
): Promise<boolean> {
	if (!workspace.headSha) return false;
	try {
		const run = { cwd: workspace.cwd, from, timeoutMs: 20_000 };
		if ((await git(['status', '--porcelain', '--untracked-files=normal'], run)) !== '') return true;
		return (await git(['rev-parse', 'HEAD'], run)) !== workspace.headSha;
	} catch {
		return false;
	}
}

/**
 * Removes what was made for a session. A worktree's work is kept first: its commits on the branch, what is not committed
 * as a patch against the start commit. A folder of the machine is never touched.
 */
export async function removeWorkspace(
	state: StateDir,
	session: { sessionId: string; attempt: number },
	workspace: WorkspaceRecord,
	from: NodeJS.ProcessEnv
): Promise<void> {
	if (workspace.kind === 'folder') return;
	if (workspace.kind === 'worktree' && workspace.gitDir && (await exists(workspace.cwd))) {
		await keepPatch(state, session, workspace, from);
		await git(
			['--git-dir', workspace.gitDir, 'worktree', 'remove', '--force', '--force', workspace.cwd],
			{ from }
		).catch(() => undefined);
		await dropEmptyBranch(workspace, from);
	}
	await rm(workspace.cwd, { recursive: true, force: true });
}

async function keepPatch(
	state: StateDir,
	session: { sessionId: string; attempt: number },
	workspace: WorkspaceRecord,
	from: NodeJS.ProcessEnv
): Promise<void> {
	const name = workName(session);
	await mkdir(state.patchDir, { recursive: true, mode: 0o700 });
	const index = join(state.patchDir, `${name}.index`);
	const run = { cwd: workspace.cwd, from, env: { GIT_INDEX_FILE: index } };
	try {
		// An index of its own: the agent's may be locked by a process that was killed.
		await git(['read-tree', workspace.headSha!], run);
		await git(['add', '--all'], run);
		const patch = await gitBytes(['diff', '--cached', '--binary', workspace.headSha!], run);
		if (patch.length > 0)
			await writeFile(join(state.patchDir, `${name}.patch`), patch, { mode: 0o600 });
	} finally {
		await rm(index, { force: true });
	}
}

/** Removes the branch of a session that made no commit. */
async function dropEmptyBranch(workspace: WorkspaceRecord, from: NodeJS.ProcessEnv): Promise<void> {
	if (!workspace.branch || !workspace.headSha) return;
	const ref = `refs/heads/${workspace.branch}`;
	// With the old value, so that a branch with commits stays.
	await git(['--git-dir', workspace.gitDir!, 'update-ref', '-d', ref, workspace.headSha], {
		from
	}).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false
	);
}
