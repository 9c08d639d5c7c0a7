// What a worktree holds that is nowhere else: files that are not committed, commits no other ref leads to, repositories inside.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { clipped } from '#protocol/envelope.ts';
import type { WorktreeGit } from './worktree-git.ts';

/** What would be lost with a worktree. */
export interface Work {
	/** Paths that differ from the last commit. */
	uncommitted: string[];
	/** How many commits only this worktree leads to. */
	commits: number;
	/** Newest commits from which all of those are reached. */
	tips: string[];
	/** Folders with a repository of their own. */
	nested: string[];
}

/** Files of the worktree's own git directory that name commits: unfinished merges, rebases and the like. */
const NAMES_COMMITS = [
	'HEAD',
	'ORIG_HEAD',
	'MERGE_HEAD',
	'CHERRY_PICK_HEAD',
	'REVERT_HEAD',
	'REBASE_HEAD',
	'AUTO_MERGE',
	'BISECT_HEAD',
	'logs/HEAD',
	'rebase-merge/autostash',
	'rebase-merge/orig-head',
	'rebase-merge/onto',
	'rebase-apply/orig-head'
];

/** Looks what only this worktree has. @throws GitError: then nobody knows, and nothing may be removed */
export async function lookAtWork(git: WorktreeGit, branch: string | undefined): Promise<Work> {
	const [uncommitted, commits, nested] = await Promise.all([
		uncommittedFiles(git),
		lonelyCommits(git, branch),
		nestedRepositories(git)
	]);
	return { uncommitted, ...commits, nested };
}

async function uncommittedFiles(git: WorktreeGit): Promise<string[]> {
	const [changed, flagged] = await Promise.all([
		git.bytes([
			'status',
			'--porcelain=v1',
			'-z',
			'--no-renames',
			'--untracked-files=all',
			'--ignore-submodules=dirty'
		]),
		git.bytes(['ls-files', '-v', '-z'])
	]);
	const paths = entries(changed).map((entry) => entry.slice(3));
	for (const entry of entries(flagged)) {
		const [tag, path] = [entry.charAt(0), entry.slice(2)];
		// Git was told not to look at it: what stands in it may be anything.
		const unseen = tag === 'S' || tag !== tag.toUpperCase();
		if (unseen && (await isThere(join(git.root, path)))) paths.push(path);
	}
	return paths;
}

/** Commits that no ref outside this worktree leads to. The session's own branch is not outside: it goes with the worktree. */
async function lonelyCommits(
	git: WorktreeGit,
	branch: string | undefined
): Promise<Pick<Work, 'commits' | 'tips'>> {
	const named = new Set<string>(git.head ? [git.head] : []);
	const read = async (path: string) => {
		const said = await readFile(path, 'utf8').catch(() => '');
		for (const [sha] of said.matchAll(/\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b/g))
			if (!/^0+$/.test(sha)) named.add(sha);
	};
	await Promise.all(NAMES_COMMITS.map((name) => read(join(git.ownDir, name))));
	for (const name of await filesBelow(join(git.ownDir, 'refs'))) await read(name);
	const own = branch ? `refs/heads/${branch}` : null;
	if (own && branch) {
		// Its log goes with it.
		await read(join(git.commonDir, 'logs/refs/heads', branch));
		const tip = await git.text(['for-each-ref', '--format=%(objectname)', own]);
		if (tip) named.add(tip);
	}
	const known = await commitsAmong(git, [...named]);
	if (known.length === 0) return { commits: 0, tips: [] };
	// In the shared directory, so that refs of this worktree alone are not among the refs.
	const lonely = await git.text([
		`--git-dir=${git.commonDir}`,
		'rev-list',
		'--ignore-missing',
		'--parents',
		...known,
		'--not',
		...(own ? [`--exclude=${own}`] : []),
		'--glob=refs/*'
	]);
	const lines = lonely === '' ? [] : lonely.split('\n').map((line) => line.split(' '));
	const parents = new Set(lines.flatMap(([, ...rest]) => rest));
	const tips = lines.map(([sha]) => sha!).filter((sha) => !parents.has(sha));
	return { commits: lines.length, tips };
}

/** Those of the names that are commits and still there. */
async function commitsAmong(git: WorktreeGit, shas: string[]): Promise<string[]> {
	const kinds = await Promise.all(
		shas.map((sha) =>
			git.text(['rev-parse', '--verify', '--quiet', `${sha}^{commit}`]).catch(() => null)
		)
	);
	return kinds.filter((sha): sha is string => sha !== null && sha !== '');
}

/** Folders with a repository of their own, ignored ones too: what they hold is in no patch. */
async function nestedRepositories(git: WorktreeGit): Promise<string[]> {
	const found = await findRepositories(git.root);
	// Submodules that were fetched for this worktree alone.
	if (await isThere(join(git.ownDir, 'modules'))) found.push('(submodules)');
	return found;
}

/** Most folders that are looked into; more counts as something nobody knows. */
const MOST_FOLDERS = 20_000;

/** Folders below one that hold a `.git`; not the folder itself. Packages of others are not looked into. */
export async function findRepositories(root: string): Promise<string[]> {
	const found: string[] = [];
	const open = [''];
	let seen = 0;
	while (open.length > 0) {
		const dir = open.pop()!;
		if (++seen > MOST_FOLDERS) return [...found, '(too many folders to look into)'];
		const all = await readdir(join(root, dir), { withFileTypes: true }).catch(() => []);
		if (dir !== '' && all.some((entry) => entry.name === '.git')) found.push(clipped(dir, 4096));
		for (const entry of all)
			if (entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules')
				open.push(join(dir, entry.name));
	}
	return found;
}

const entries = (said: Buffer) => said.toString('utf8').split('\0').filter(Boolean);

const isThere = (path: string) =>
	stat(path).then(
		() => true,
		() => false
	);

async function filesBelow(dir: string): Promise<string[]> {
	const all = await readdir(dir, { withFileTypes: true }).catch(() => []);
	const below = await Promise.all(
		all.map((entry) => {
			const path = join(dir, entry.name);
			return entry.isDirectory() ? filesBelow(path) : Promise.resolve([path]);
		})
	);
	return below.flat();
}
