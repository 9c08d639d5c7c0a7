import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { factsOf, readFacts } from './facts.ts';
import { git } from './git.ts';
import { createMutex } from './mutex.ts';
import { openStateDir } from './state-dir.ts';
import { makeFolder } from './testing/runner.ts';
import {
	isDirty,
	prepareWorkspace,
	removeWorkspace,
	WorkspaceError,
	type PrepareOptions
} from './workspace.ts';

const from = { PATH: process.env.PATH, HOME: '/nonexistent' };

/** A small repository with one commit on `main`, and a hook that must never run. */
function makeRepository(): { dir: string; head: string } {
	const dir = join(makeFolder(), 'shop');
	mkdirSync(join(dir, 'src'), { recursive: true });
	writeFileSync(join(dir, 'src/a.ts'), 'export {};\n');
	writeFileSync(join(dir, 'README.md'), '# Shop\n');
	const run = (...args: string[]) =>
		execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
			cwd: dir,
			encoding: 'utf8'
		}).trim();
	run('init', '-q', '-b', 'main');
	run('add', '-A');
	run('commit', '-q', '-m', 'Begin');
	writeFileSync(join(dir, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch ${dir}/HOOKED\n`, {
		mode: 0o755
	});
	return { dir, head: run('rev-parse', 'HEAD') };
}

function options(more: Partial<PrepareOptions>): PrepareOptions {
	return {
		state: openStateDir(makeFolder()),
		sessionId: 's-1',
		attempt: 1,
		spec: { worktree: true },
		allowLocal: [],
		from,
		lock: createMutex(),
		signal: new AbortController().signal,
		onDetail: () => undefined,
		...more
	};
}

test('a session on a local repository gets a worktree and a branch of its own; hooks do not run', async () => {
	const { dir, head } = makeRepository();
	const prepare = options({
		spec: { local: { path: dir }, worktree: true },
		allowLocal: [join(dir, '..')]
	});
	const workspace = await prepareWorkspace(prepare);
	expect(workspace).toMatchObject({ kind: 'worktree', branch: 'village/s-1', headSha: head });
	expect(workspace.cwd).toBe(join(prepare.state.workDir, 'trees', 's-1.1'));
	expect(readFileSync(join(workspace.cwd, 'README.md'), 'utf8')).toBe('# Shop\n');
	expect(existsSync(join(dir, 'HOOKED'))).toBe(false);
	expect(await readFacts(workspace.cwd, true, from)).toEqual({ language: 'TypeScript', files: 2 });
});

test('what is not committed is kept as a patch before the worktree goes; an empty branch goes too', async () => {
	const { dir } = makeRepository();
	const prepare = options({ spec: { local: { path: dir }, worktree: true }, allowLocal: [dir] });
	const workspace = await prepareWorkspace(prepare);
	expect(await isDirty(workspace, from)).toBe(false);
	writeFileSync(join(workspace.cwd, 'new.txt'), 'precious\n');
	expect(await isDirty(workspace, from)).toBe(true);
	await removeWorkspace(prepare.state, prepare, workspace, from);
	expect(existsSync(workspace.cwd)).toBe(false);
	expect(readFileSync(join(prepare.state.patchDir, 's-1.1.patch'), 'utf8')).toContain('+precious');
	expect(await git(['-C', dir, 'branch', '--list', 'village/*'], { from })).toBe('');
	expect(await git(['-C', dir, 'worktree', 'list'], { from })).not.toContain('s-1');
});

test('commits of a session stay on its branch', async () => {
	const { dir } = makeRepository();
	const prepare = options({ spec: { local: { path: dir }, worktree: true }, allowLocal: [dir] });
	const workspace = await prepareWorkspace(prepare);
	execFileSync(
		'git',
		[
			'-c',
			'user.name=T',
			'-c',
			'user.email=t@example.org',
			'commit',
			'-q',
			'--allow-empty',
			'-m',
			'Work'
		],
		{ cwd: workspace.cwd }
	);
	expect(await isDirty(workspace, from)).toBe(true);
	await removeWorkspace(prepare.state, prepare, workspace, from);
	expect(await git(['-C', dir, 'log', '-1', '--format=%s', 'village/s-1'], { from })).toBe('Work');
});

test('a session may work in the folder itself, which nobody ever removes', async () => {
	const { dir } = makeRepository();
	const prepare = options({ spec: { local: { path: dir }, worktree: false }, allowLocal: [dir] });
	const workspace = await prepareWorkspace(prepare);
	expect(workspace).toMatchObject({ kind: 'folder' });
	await removeWorkspace(prepare.state, prepare, workspace, from);
	expect(existsSync(join(dir, 'README.md'))).toBe(true);
});

test('a folder outside the allowed roots does not exist, whatever way leads there', async () => {
	const { dir } = makeRepository();
	const root = makeFolder();
	symlinkSync(dir, join(root, 'link'));
	mkdirSync(`${root}-twin`);
	for (const path of [
		dir,
		join(root, 'link'),
		`${root}/../etc`,
		`${root}-twin`,
		'/etc',
		'relative',
		join(root, 'absent')
	]) {
		const prepare = options({ spec: { local: { path }, worktree: true }, allowLocal: [root] });
		await expect(prepareWorkspace(prepare)).rejects.toMatchObject({
			code: 'bad_spec',
			retryable: false
		});
	}
	const none = options({ spec: { local: { path: dir }, worktree: true } });
	await expect(prepareWorkspace(none)).rejects.toBeInstanceOf(WorkspaceError);
});

test('without a house a session works in an empty folder that goes with it', async () => {
	const prepare = options({});
	const workspace = await prepareWorkspace(prepare);
	expect(workspace.kind).toBe('scratch');
	expect(readdirSync(workspace.cwd)).toEqual([]);
	await removeWorkspace(prepare.state, prepare, workspace, from);
	expect(existsSync(workspace.cwd)).toBe(false);
});

test('a repository that does not answer is a workspace failure that may be tried again', async () => {
	const repo = { url: 'https://127.0.0.1:1/a.git', branch: 'main' };
	const prepare = options({ spec: { repo, worktree: true } });
	await expect(prepareWorkspace(prepare)).rejects.toMatchObject({
		code: 'workspace',
		retryable: true
	});
	expect(readdirSync(prepare.state.workDir)).toEqual(['mirrors']);
});

test('a fetch that is stopped ends at once, with every process of it', async () => {
	const abort = new AbortController();
	const repo = { url: 'ssh://git@192.0.2.1/a.git', branch: 'main' };
	const prepare = options({ spec: { repo, worktree: true }, signal: abort.signal });
	const started = performance.now();
	setTimeout(() => abort.abort(), 100);
	await expect(prepareWorkspace(prepare)).rejects.toThrow();
	expect(performance.now() - started).toBeLessThan(5000);
});

test('git asked for a remote helper runs none', async () => {
	const marker = join(makeFolder(), 'ran');
	await expect(git(['ls-remote', `ext::touch ${marker}`], { from })).rejects.toThrow();
	expect(existsSync(marker)).toBe(false);
});

test('the language of a house is that of most of its own files', () => {
	expect(
		factsOf(['a.py', 'b.py', 'c.ts', 'node_modules/x.js', 'node_modules/y.js', 'node_modules/z.js'])
	).toEqual({
		language: 'Python',
		files: 6
	});
	expect(factsOf(['README.md'])).toEqual({ language: null, files: 1 });
});

test('a repository is fetched into one mirror, and each session gets a worktree at the wanted commit', async () => {
	const { dir, head } = makeRepository();
	const home = makeFolder();
	// The address is a real one; this machine's git is told that it lies here.
	writeFileSync(
		join(home, '.gitconfig'),
		`[url "${dir}"]\n\tinsteadOf = https://git.example.org/shop\n`
	);
	const state = openStateDir(makeFolder());
	const lock = createMutex();
	const details: string[] = [];
	const prepare = (sessionId: string, repo: { url: string; branch: string; commit?: string }) =>
		prepareWorkspace(
			options({
				state,
				sessionId,
				lock,
				spec: { repo, worktree: true },
				from: { ...from, HOME: home },
				onDetail: (detail) => details.push(detail)
			})
		);
	const repo = { url: 'https://git.example.org/shop', branch: 'main' };
	const [one, two] = await Promise.all([
		prepare('s-1', repo),
		prepare('s-2', { ...repo, commit: head })
	]);
	expect([one.headSha, two.headSha]).toEqual([head, head]);
	expect(one.gitDir).toBe(two.gitDir);
	expect(one.cwd).not.toBe(two.cwd);
	expect(readdirSync(join(state.workDir, 'mirrors')).length).toBe(1);
	expect(details).toContain('Fetching the repository');
	await expect(prepare('s-3', { ...repo, branch: 'absent' })).rejects.toMatchObject({
		code: 'workspace'
	});
	await expect(prepare('s-4', { ...repo, commit: 'HEAD' })).rejects.toMatchObject({
		code: 'bad_spec'
	});
	expect(readdirSync(join(state.workDir, 'trees')).sort()).toEqual(['s-1.1', 's-2.1']);
});
