// Every way in which the work of a session could be lost with its worktree, on real repositories.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WorkspaceTold } from '#protocol/runner/workspace-told.ts';
import { createInspector } from './inspector.ts';
import { createMutex } from './mutex.ts';
import { settle, type QuarantineOptions } from './quarantine.ts';
import { openStateDir, type WorkspaceRecord } from './state-dir.ts';
import { makeRepository, repositoryAt } from './testing/repository.ts';
import { makeFolder } from './testing/runner.ts';
import { prepareWorkspace } from './workspace.ts';

const from = { PATH: process.env.PATH, HOME: '/nonexistent' };
const signal = new AbortController().signal;

/** A repository, a session's worktree of it, and what a runner would do with that. */
async function session(
	sessionId = 's-1',
	shop = makeRepository({ 'a.txt': 'a\n', 'b.txt': 'b\n' })
) {
	const state = openStateDir(makeFolder());
	const ref = { sessionId, attempt: 1 };
	const options: QuarantineOptions = {
		state,
		from,
		signal,
		lock: createMutex(),
		slot: (task) => task()
	};
	const workspace = await prepareWorkspace({
		...options,
		...ref,
		spec: { local: { path: shop.dir }, worktree: true },
		allowLocal: [shop.dir],
		onDetail: () => undefined
	});
	const inspector = createInspector({ ...options, find: () => workspace });
	return {
		shop,
		state,
		workspace,
		tree: repositoryAt(workspace.cwd),
		/** The session ends. */
		async end() {
			state.writeKept({ ...ref, workspace, since: new Date().toISOString() });
			return settle(options, ref, workspace);
		},
		async ask(what: 'look' | 'export' | 'branch' | 'remove', more = {}) {
			const question = { t: 'workspace_ask' as const, requestId: 'r', ...ref, do: what, ...more };
			const told = await inspector.answer(question);
			return WorkspaceTold.parse(JSON.parse(JSON.stringify(told)));
		},
		get there() {
			return existsSync(workspace.cwd);
		}
	};
}

test('a worktree in which nothing happened goes with its session, and its branch too', async () => {
	const one = await session();
	expect(await one.end()).toBe('removed');
	expect(one.there).toBe(false);
	expect(one.shop.git('branch', '--list', 'village/*')).toBe('');
	expect(one.shop.git('worktree', 'list')).not.toContain('s-1');
	expect(one.state.listKept()).toEqual([]);
});

test.each<[string, (tree: ReturnType<typeof repositoryAt>) => void]>([
	['a changed file', (tree) => tree.write('a.txt', 'changed\n')],
	['a new file', (tree) => tree.write('deep/new.txt', 'new\n')],
	['a staged file', (tree) => (tree.write('new.txt', 'x\n'), tree.git('add', 'new.txt'))],
	['a deleted file', (tree) => tree.git('rm', '--quiet', 'a.txt')],
	['a commit', (tree) => void tree.commit('Work')],
	[
		'a commit on no branch',
		(tree) => {
			tree.git('checkout', '--quiet', '--detach');
			tree.commit('Detached');
		}
	],
	[
		'a commit that was reset away',
		(tree) => {
			tree.commit('Regretted');
			tree.git('reset', '--quiet', '--hard', 'HEAD~1');
		}
	],
	[
		'a commit that was amended',
		(tree) => {
			tree.write('a.txt', 'first\n');
			tree.commit('First');
			tree.git('commit', '--quiet', '--amend', '--message', 'Second', '--allow-empty');
		}
	],
	[
		'a file that git was told not to look at',
		(tree) => {
			tree.git('update-index', '--assume-unchanged', 'a.txt');
			tree.write('a.txt', 'hidden\n');
		}
	],
	[
		'a file that git was told to skip',
		(tree) => {
			tree.git('update-index', '--skip-worktree', 'a.txt');
			tree.write('a.txt', 'hidden\n');
		}
	],
	[
		'a new file where status shows none',
		(tree) => {
			tree.git('config', 'status.showUntrackedFiles', 'no');
			tree.write('new.txt', 'hidden\n');
		}
	],
	[
		'a repository inside',
		(tree) => {
			mkdirSync(join(tree.dir, 'inner'));
			const inner = repositoryAt(join(tree.dir, 'inner'));
			inner.git('init', '--quiet');
			inner.commit('Inside');
		}
	],
	[
		'a repository inside that is ignored',
		(tree) => {
			writeFileSync(join(tree.dir, '.gitignore'), 'inner\n.gitignore\n');
			mkdirSync(join(tree.dir, 'inner'));
			repositoryAt(join(tree.dir, 'inner')).git('init', '--quiet');
		}
	],
	['a git directory that is broken', (tree) => writeFileSync(join(tree.dir, '.git'), 'nonsense')]
])('%s keeps a worktree, and it is not removed for the asking', async (_what, work) => {
	const one = await session();
	work(one.tree);
	expect(await one.end()).toBe('kept');
	expect(one.there).toBe(true);
	const { fault } = await one.ask('remove');
	expect(fault?.code).toMatch(/holds_work|no_git/);
	expect(one.there).toBe(true);
	expect(one.state.listKept()).toHaveLength(1);
});

test('commits that a remote or another branch has are not missed', async () => {
	const one = await session();
	const commit = one.tree.commit('Pushed');
	one.shop.git('update-ref', 'refs/remotes/origin/work', commit);
	expect(await one.end()).toBe('removed');
	const two = await session();
	two.tree.commit('Merged');
	two.shop.git('merge', '--quiet', 'village/s-1');
	expect(await two.end()).toBe('removed');
	expect(two.shop.git('log', '-1', '--format=%s')).toBe('Merged');
});

test('worktrees that have the same commits do not lose them by counting on each other, also on two runners', async () => {
	const one = await session('s-1');
	const two = await session('s-2', one.shop);
	const commit = one.tree.commit('Shared');
	two.tree.git('reset', '--quiet', '--hard', commit);
	await Promise.all([one.end(), two.end()]);
	expect(one.shop.git('branch', '--all', '--contains', commit)).not.toBe('');
});

test('what is not committed is written as a patch that applies before it is discarded', async () => {
	const one = await session();
	one.tree.write('a.txt', 'changed\n');
	one.tree.write('new.bin', Buffer.from([0, 1, 2, 255]));
	one.tree.git('rm', '--quiet', 'b.txt');
	one.tree.git('update-index', '--assume-unchanged', 'a.txt');
	await one.end();
	const { patch, fault } = await one.ask('remove', { discard: true });
	expect(fault).toBeUndefined();
	expect(one.there).toBe(false);
	const copy = join(makeFolder(), 'copy');
	execFileSync('git', ['clone', '--quiet', one.shop.dir, copy]);
	execFileSync('git', ['apply', '--binary', patch!.path], { cwd: copy });
	expect(readFileSync(join(copy, 'a.txt'), 'utf8')).toBe('changed\n');
	expect([...readFileSync(join(copy, 'new.bin'))]).toEqual([0, 1, 2, 255]);
	expect(existsSync(join(copy, 'b.txt'))).toBe(false);
	expect((await one.ask('look')).fault?.code).toBe('gone');
});

test('commits stay reachable whatever is discarded: on the branch, or under a name of their own', async () => {
	const one = await session();
	const first = one.tree.commit('On the branch');
	one.tree.git('checkout', '--quiet', '--detach');
	const second = one.tree.commit('Detached');
	one.tree.git('checkout', '--quiet', '--detach', first);
	const third = one.tree.commit('Detached, too');
	await one.end();
	const { refs } = await one.ask('remove', { discard: true });
	expect(one.there).toBe(false);
	expect(refs).toEqual(
		expect.arrayContaining([
			expect.stringMatching(/^refs\/village\/kept\/s-1\.1\//),
			expect.stringMatching(/^refs\/village\/kept\/s-1\.1\//)
		])
	);
	one.shop.git('reflog', 'expire', '--expire=now', '--all');
	one.shop.git('gc', '--quiet', '--prune=now');
	for (const commit of [first, second, third])
		expect(one.shop.git('cat-file', '-t', commit)).toBe('commit');
	expect(one.shop.git('rev-parse', 'village/s-1')).toBe(first);
});

test('a repository inside is never discarded, and nothing else with it', async () => {
	const one = await session();
	mkdirSync(join(one.tree.dir, 'inner'));
	repositoryAt(join(one.tree.dir, 'inner')).git('init', '--quiet');
	one.tree.write('new.txt', 'x\n');
	await one.end();
	const { fault } = await one.ask('remove', { discard: true });
	expect(fault).toMatchObject({ code: 'holds_work', message: expect.stringContaining('inner') });
	expect(one.there).toBe(true);
});

test('a patch that cannot be written leaves everything as it is', async () => {
	const one = await session();
	one.tree.write('new.txt', 'x\n');
	await one.end();
	writeFileSync(one.state.patchDir, 'a file where the folder should be');
	const { fault } = await one.ask('remove', { discard: true });
	expect(fault?.code).toBe('failed');
	expect(readFileSync(join(one.tree.dir, 'new.txt'), 'utf8')).toBe('x\n');
});

test('an export can be repeated, and none is written over', async () => {
	const one = await session();
	one.tree.write('new.txt', 'one\n');
	await one.end();
	const first = await one.ask('export');
	one.tree.write('new.txt', 'two\n');
	const second = await one.ask('export');
	expect(first.patch?.path).not.toBe(second.patch?.path);
	expect(readFileSync(first.patch!.path, 'utf8')).toContain('+one');
	expect(second.patch?.text).toContain('+two');
	expect(readdirSync(one.state.patchDir)).toHaveLength(2);
});

test('a last commit can be named as a branch, which is then outside and lets the worktree go', async () => {
	const one = await session();
	const commit = one.tree.commit('Work');
	await one.end();
	expect(await one.ask('branch', { branch: 'kept/work' })).toMatchObject({
		refs: ['refs/heads/kept/work']
	});
	expect(one.shop.git('rev-parse', 'kept/work')).toBe(commit);
	expect((await one.ask('branch', { branch: 'kept/work' })).fault?.code).toBe('taken');
	for (const branch of ['', '-x', 'a..b', 'a b', '../x', 'x.lock'])
		expect((await one.ask('branch', { branch })).fault?.code).toBe('bad_path');
	expect((await one.ask('remove')).fault).toBeUndefined();
	expect(one.there).toBe(false);
	expect(one.shop.git('rev-parse', 'kept/work')).toBe(commit);
});

test('a session that runs keeps its worktree, whoever asks', async () => {
	const one = await session();
	for (const what of ['export', 'branch', 'remove'] as const)
		expect((await one.ask(what, { discard: true, branch: 'x' })).fault?.code).toBe('running');
	expect(await one.ask('look')).toMatchObject({
		holdings: { kind: 'worktree', uncommitted: 0, commits: 0, kept: false }
	});
	expect(one.there).toBe(true);
});

test('what a worktree holds is told', async () => {
	const one = await session();
	one.tree.commit('Work');
	one.tree.write('new.txt', 'x\n');
	await one.end();
	expect((await one.ask('look')).holdings).toMatchObject({
		branch: 'village/s-1',
		uncommitted: 1,
		commits: 1,
		nested: [],
		kept: true
	});
});

test('an empty folder goes with its session; one in which an agent made a repository stays', async () => {
	const state = openStateDir(makeFolder());
	const options: QuarantineOptions = { state, from, signal, lock: createMutex(), slot: (t) => t() };
	const make = (inside: (dir: string) => void): WorkspaceRecord => {
		const cwd = makeFolder();
		inside(cwd);
		return { kind: 'scratch', cwd };
	};
	const plain = make((dir) => writeFileSync(join(dir, 'notes.txt'), 'x'));
	expect(await settle(options, { sessionId: 's-1', attempt: 1 }, plain)).toBe('removed');
	expect(existsSync(plain.cwd)).toBe(false);
	for (const inside of ['.', 'deep/clone']) {
		const own = make((dir) => {
			mkdirSync(join(dir, inside), { recursive: true });
			repositoryAt(join(dir, inside)).git('init', '--quiet');
		});
		expect(await settle(options, { sessionId: 's-2', attempt: 1 }, own)).toBe('kept');
		expect(existsSync(own.cwd)).toBe(true);
	}
});

test('a folder of the machine is never removed', async () => {
	const state = openStateDir(makeFolder());
	const dir = makeFolder();
	const options: QuarantineOptions = { state, from, signal, lock: createMutex(), slot: (t) => t() };
	const folder: WorkspaceRecord = { kind: 'folder', cwd: dir };
	expect(await settle(options, { sessionId: 's-1', attempt: 1 }, folder)).toBe('kept');
	expect(existsSync(dir)).toBe(true);
});
