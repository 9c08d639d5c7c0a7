// Reading a repository in which an agent has worked: whatever its files and its own configuration say, git runs no program,
// reaches no network and looks at no other folder.
import { realpath } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { WorkspaceFault } from '#protocol/runner/workspace-fault.ts';
import { git, gitBytes, GitError, type GitOptions } from './git.ts';
import type { WorkspaceRecord } from './state-dir.ts';

/** Git that takes longer is ended. */
const READ_TIMEOUT_MS = 10_000;
/** Larger files are not compared line by line. */
export const HUGE_BYTES = 8 * 1024 * 1024;

/** A question about a workspace that has no answer. */
export class FaultError extends Error {
	override name = 'FaultError';
	readonly code: WorkspaceFault['code'];
	constructor(code: WorkspaceFault['code'], message: string) {
		super(message);
		this.code = code;
	}
}

/** Git in one workspace, for reading only. */
export interface WorktreeGit {
	/** Resolved folder of the workspace. */
	readonly root: string;
	/** Git directory that this worktree shares with others, resolved. */
	readonly commonDir: string;
	/** Git directory of this worktree alone, resolved. */
	readonly ownDir: string;
	/** Folder at the top of the work tree; `root`, or above it when a house is a part of a repository. */
	readonly top: string;
	/** The commit that was checked out when it was opened; null when there is none. */
	readonly head: string | null;
	text(args: readonly string[]): Promise<string>;
	bytes(args: readonly string[], options?: Pick<GitOptions, 'cutAt' | 'env'>): Promise<Buffer>;
}

/** Programs that git would run because of what stands in a configuration, switched off. */
const QUIET = [
	'-c',
	'core.quotepath=false',
	'-c',
	`core.bigFileThreshold=${HUGE_BYTES}`,
	'-c',
	'log.showSignature=false',
	'-c',
	'diff.ignoreSubmodules=dirty',
	'-c',
	'submodule.recurse=false'
];

/** Commands that compare files of the work tree, and so run their filters. */
const READS_FILES = new Set(['diff', 'add', 'status', 'stash']);

/** What every `git diff` here is told: no helper of an attribute, no colour, renames found. */
export const DIFF_FLAGS = [
	'--no-color',
	'--no-ext-diff',
	'--no-textconv',
	'--ignore-submodules=dirty',
	'--submodule=short',
	'--src-prefix=a/',
	'--dst-prefix=b/',
	'--relative',
	'-M'
];

export interface WorktreeRun {
	from: NodeJS.ProcessEnv;
	signal: AbortSignal;
	/** Waits until one more git process may run. */
	slot<T>(task: () => Promise<T>): Promise<T>;
}

/** Opens git in a workspace. @throws FaultError (`gone`, `no_git`) or GitError */
export async function openWorktree(
	workspace: WorkspaceRecord,
	run: WorktreeRun
): Promise<WorktreeGit> {
	const root = await realpath(workspace.cwd).catch(() => {
		throw new FaultError('gone', 'the workspace was removed');
	});
	const options: GitOptions = {
		from: run.from,
		signal: run.signal,
		cwd: root,
		timeoutMs: READ_TIMEOUT_MS,
		env: {
			// A partial clone fetches what it lacks, with any program its configuration names.
			GIT_ALLOW_PROTOCOL: 'none',
			GIT_NO_LAZY_FETCH: '1',
			GIT_LITERAL_PATHSPECS: '1',
			// An agent's own folder must not be taken for a part of the repository that the runner happens to live in.
			...(workspace.kind === 'folder' ? {} : { GIT_CEILING_DIRECTORIES: dirname(root) })
		}
	};
	const where = await run.slot(() => whereIs(options));
	const lines = where.split('\n');
	const [top, commonDir, ownDir] = await Promise.all(
		lines.slice(0, 3).map((path) => realpath(path).catch(() => path))
	);
	if (!top || !commonDir || !ownDir) throw new FaultError('no_git', 'no git repository is there');
	// A configuration may say that the work tree is elsewhere.
	const fits = workspace.kind === 'folder' ? within(root, top) : root === top;
	if (!fits) throw new FaultError('no_git', 'its repository speaks of another folder');
	if (
		workspace.kind === 'worktree' &&
		commonDir !== (await realpath(workspace.gitDir!).catch(() => ''))
	)
		throw new FaultError('no_git', 'its repository is not the one it was made from');
	let filters: Promise<string[]> | null = null;
	/** Only what looks into files of the work tree meets a filter. */
	const flags = async (args: readonly string[]) => {
		if (!READS_FILES.has(args[0]!)) return [...QUIET, ...args];
		filters ??= run.slot(() => ownFilters(options));
		return [...QUIET, ...(await filters), ...args];
	};
	const bytes: WorktreeGit['bytes'] = async (args, more) => {
		const all = await flags(args);
		return run.slot(() =>
			gitBytes(all, { ...options, ...more, env: { ...options.env, ...more?.env } })
		);
	};
	return {
		root,
		commonDir,
		ownDir,
		top,
		head: lines[3] ?? null,
		bytes,
		text: async (args) => (await bytes(args)).toString('utf8').trim()
	};
}

/** Top of the work tree, shared git directory, own git directory, and the commit that is checked out; one a line. */
async function whereIs(options: GitOptions): Promise<string> {
	const ask = [
		'--path-format=absolute',
		'--show-toplevel',
		'--git-common-dir',
		'--absolute-git-dir',
		// Printed when there is one, and no error when there is none.
		'--revs-only',
		'HEAD'
	];
	try {
		return await git(['rev-parse', ...ask], options);
	} catch (error) {
		if (!(error instanceof GitError) || error.exitCode !== 128) throw error;
		// Git also refuses what belongs to somebody else, in words that say what to do.
		const plain = error.message.includes('not a git repository');
		throw new FaultError('no_git', plain ? 'no git repository is there' : error.message);
	}
}

/** Whether a resolved path is a folder or lies below it. */
export function within(path: string, folder: string): boolean {
	return path === folder || path.startsWith(folder === sep ? sep : folder + sep);
}

/**
 * Flags that switch off the content filters which the repository itself configures. Those of the machine's owner stay:
 * without Git LFS's every large file would seem to have changed.
 */
async function ownFilters(options: GitOptions): Promise<string[]> {
	const said = await gitBytes(
		['config', '--show-scope', '--name-only', '--null', '--get-regexp', '^filter\\.'],
		options
	).catch((error: unknown) => {
		// 1: there are none. 128: no repository, which is told by whoever asks next.
		if (error instanceof GitError && (error.exitCode === 1 || error.exitCode === 128))
			return Buffer.alloc(0);
		throw error;
	});
	const words = said.toString('utf8').split('\0');
	const flags: string[] = [];
	for (let at = 0; at + 1 < words.length; at += 2) {
		const [scope, name] = [words[at]!, words[at + 1]!];
		if (scope !== 'local' && scope !== 'worktree') continue;
		if (/\.(clean|smudge|process)$/.test(name)) flags.push('-c', `${name}=`);
		else if (name.endsWith('.required')) flags.push('-c', `${name}=false`);
	}
	return flags;
}
