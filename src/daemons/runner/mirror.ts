// One bare mirror per repository address, shared by the worktrees of every session and by the checks of houses.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { refProblem, repoUrlProblem } from '#domain/repo.ts';
import { git, GitError } from './git.ts';
import type { StateDir } from './state-dir.ts';

export interface MirrorOptions {
	state: StateDir;
	from: NodeJS.ProcessEnv;
	/** One at a time per repository: two fetches into one mirror would trip over each other's locks. */
	lock<T>(key: string, task: () => Promise<T>): Promise<T>;
	signal: AbortSignal;
}

export interface Mirror {
	gitDir: string;
	/** The fetched branch, as a ref of the mirror. */
	ref: string;
}

/** Fetches a branch into its mirror and works there while nobody else does. The caller has checked address and branch. @throws GitError */
export function withMirror<T>(
	options: MirrorOptions,
	repo: { url: string; branch: string },
	work: (mirror: Mirror) => Promise<T>
): Promise<T> {
	const key = createHash('sha256').update(repo.url).digest('hex').slice(0, 24);
	const mirrors = join(options.state.workDir, 'mirrors');
	const gitDir = join(mirrors, `${key}.git`);
	const ref = `refs/remotes/origin/${repo.branch}`;
	const run = { from: options.from, signal: options.signal };
	return options.lock(key, async () => {
		await mkdir(mirrors, { recursive: true, mode: 0o700 });
		await git(['init', '--quiet', '--bare', gitDir], run);
		// An explicit refspec: nothing a server offers beyond it can overwrite a session's branch.
		await git(
			[
				'--git-dir',
				gitDir,
				'fetch',
				'--quiet',
				'--no-tags',
				'--no-write-fetch-head',
				'--end-of-options',
				repo.url,
				`+refs/heads/${repo.branch}:${ref}`
			],
			run
		);
		return work({ gitDir, ref });
	});
}

/** Why an address or a branch may not reach git, in words; null when they may. */
export function repoProblem(repo: { url: string; branch?: string | undefined }): string | null {
	return repoUrlProblem(repo.url) ?? (repo.branch === undefined ? null : refProblem(repo.branch));
}

/** The branch a repository names as its own. @throws GitError when it cannot be reached, or names none */
export async function defaultBranch(
	url: string,
	run: { from: NodeJS.ProcessEnv; signal: AbortSignal }
): Promise<string> {
	const said = await git(['ls-remote', '--symref', '--end-of-options', url, 'HEAD'], {
		...run,
		timeoutMs: 60_000
	});
	const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(said)?.[1];
	if (!branch || refProblem(branch))
		throw new GitError('the repository is empty, or names no branch of its own', null);
	return branch;
}
