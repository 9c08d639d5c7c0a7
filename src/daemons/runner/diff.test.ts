import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DiffTold } from '#protocol/runner/diff-told.ts';
import { MAX_PATCH_BYTES, PatchTold } from '#protocol/runner/patch-told.ts';
import { createInspector } from './inspector.ts';
import { createMutex } from './mutex.ts';
import { openStateDir, type WorkspaceRecord } from './state-dir.ts';
import { makeRepository, repositoryAt, type Repository } from './testing/repository.ts';
import { makeFolder } from './testing/runner.ts';

const ref = { sessionId: 's-1', attempt: 1 };
const from = { PATH: process.env.PATH, HOME: '/nonexistent' };

/** What a runner answers about one workspace, as it goes over the wire. */
function asking(workspace: WorkspaceRecord | null | 'gone', home = '/nonexistent') {
	const inspector = createInspector({
		find: () => workspace,
		state: openStateDir(makeFolder()),
		lock: createMutex(),
		from: { ...from, HOME: home },
		signal: new AbortController().signal
	});
	return {
		async diff() {
			const told = await inspector.answer({ t: 'diff_ask', requestId: 'r', ...ref });
			return DiffTold.parse(JSON.parse(JSON.stringify(told)));
		},
		async patch(path: string) {
			const told = await inspector.answer({ t: 'patch_ask', requestId: 'r', ...ref, path });
			return PatchTold.parse(JSON.parse(JSON.stringify(told)));
		}
	};
}

/** A worktree of a repository, as a session gets it. */
function worktreeOf(repository: Repository & { head: string }) {
	const cwd = join(makeFolder(), 'tree');
	repository.git('worktree', 'add', '--quiet', '-b', 'village/s-1', cwd);
	const workspace: WorkspaceRecord = {
		kind: 'worktree',
		cwd,
		gitDir: join(repository.dir, '.git'),
		branch: 'village/s-1',
		headSha: repository.head
	};
	return { workspace, tree: repositoryAt(cwd) };
}

const folderOf = (dir: string, headSha?: string): WorkspaceRecord => ({
	kind: 'folder',
	cwd: dir,
	...(headSha ? { headSha } : {})
});

test('everything since the start is told: committed, staged, unstaged, untracked, renamed, deleted', async () => {
	const shop = makeRepository({
		'a.txt': 'one\ntwo\nthree\n',
		'b.txt': 'b\n',
		'old name.txt': 'a\nb\nc\nd\ne\n',
		'.gitignore': '*.log\n'
	});
	const { workspace, tree } = worktreeOf(shop);
	tree.write('a.txt', 'one\n2\nthree\nfour\n');
	const second = tree.commit('Count further');
	rmSync(join(tree.dir, 'b.txt'));
	renameSync(join(tree.dir, 'old name.txt'), join(tree.dir, 'new name.txt'));
	tree.git('add', '--all');
	tree.write('wörld/neu.txt', 'x\ny');
	tree.write('ignored.log', 'noise\n');
	const { diff } = await asking(workspace).diff();
	expect(diff).toMatchObject({
		base: shop.head,
		head: second,
		branch: 'village/s-1',
		totals: { files: 4, untracked: 1, added: 4, removed: 2 },
		truncated: false,
		commits: [{ sha: second, author: 'Ada', subject: 'Count further' }],
		moreCommits: false
	});
	expect(diff?.files).toEqual([
		{ path: 'a.txt', status: 'modified', added: 2, removed: 1 },
		{ path: 'b.txt', status: 'deleted', added: 0, removed: 1 },
		{ path: 'new name.txt', from: 'old name.txt', status: 'renamed', added: 0, removed: 0 },
		{ path: 'wörld/neu.txt', status: 'untracked', added: 2, removed: 0 }
	]);
	expect(shop.git('status', '--porcelain')).toBe('');
});

test('a patch shows exactly the change of one file, whatever its status', async () => {
	const shop = makeRepository({ 'a.txt': 'one\ntwo\n', 'b.txt': 'b\n', 'c.txt': '1\n2\n3\n4\n' });
	const { workspace, tree } = worktreeOf(shop);
	tree.write('a.txt', 'one\nzwei\n');
	tree.git('rm', '--quiet', 'b.txt');
	tree.git('mv', 'c.txt', 'd.txt');
	tree.write('new.txt', 'fresh\nlines');
	const ask = asking(workspace);
	expect((await ask.patch('a.txt')).patch).toMatchObject({
		status: 'modified',
		text: expect.stringContaining('\n-two\n+zwei\n'),
		size: 9
	});
	expect((await ask.patch('b.txt')).patch).toMatchObject({ status: 'deleted', size: null });
	expect((await ask.patch('d.txt')).patch).toMatchObject({
		status: 'renamed',
		from: 'c.txt',
		text: expect.stringContaining('rename from c.txt')
	});
	expect((await ask.patch('new.txt')).patch).toMatchObject({
		status: 'untracked',
		added: 2,
		text: [
			'diff --git a/new.txt b/new.txt',
			'new file mode 100644',
			'--- /dev/null',
			'+++ b/new.txt',
			'@@ -0,0 +1,2 @@',
			'+fresh',
			'+lines',
			'\\ No newline at end of file',
			''
		].join('\n')
	});
	expect((await ask.patch('c.txt')).fault).toMatchObject({ code: 'no_path' });
	expect((await ask.patch('absent.txt')).fault).toMatchObject({ code: 'no_path' });
});

test('a path is a name and never a pattern', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n', '[a].txt': 'x\n' });
	const { workspace, tree } = worktreeOf(shop);
	tree.write('a.txt', 'changed\n');
	const ask = asking(workspace);
	for (const path of ['*', '[a].txt', ':(top)a.txt', '--output=stolen', '-- a.txt'])
		expect((await ask.patch(path)).fault).toMatchObject({ code: 'no_path' });
	expect(existsSync(join(tree.dir, 'stolen'))).toBe(false);
	tree.write('*', 'star\n');
	expect((await ask.patch('*')).patch).toMatchObject({ text: expect.stringContaining('+star') });
});

test('no path leads out of the workspace, also not through a link', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n', 'dir/x.txt': 'x\n' });
	const { workspace, tree } = worktreeOf(shop);
	const outside = makeFolder();
	writeFileSync(join(outside, 'secret.txt'), 'secret\n');
	symlinkSync(outside, join(tree.dir, 'way'));
	rmSync(join(tree.dir, 'dir'), { recursive: true });
	symlinkSync(outside, join(tree.dir, 'dir'));
	symlinkSync(join(outside, 'secret.txt'), join(tree.dir, 'link.txt'));
	const ask = asking(workspace);
	for (const path of [
		'../secret.txt',
		'a/../../secret.txt',
		join(outside, 'secret.txt'),
		'way/secret.txt',
		'',
		'./a.txt',
		'a.txt/',
		'.git',
		'.git/config',
		'sub/.GIT/config'
	])
		expect([path, (await ask.patch(path)).fault?.code]).toEqual([path, 'bad_path']);
	expect((await ask.patch('.')).fault?.code).toBe('no_path');
	// It was a file of a folder, which is a link now: the way there leads out.
	expect((await ask.patch('dir/x.txt')).fault?.code).toBe('bad_path');
	const link = await ask.patch('link.txt');
	expect(link.patch).toMatchObject({ status: 'untracked', added: 1 });
	expect(link.patch?.text).toContain('new file mode 120000');
	expect(link.patch?.text).not.toContain('+secret\n');
});

test('nothing that a repository configures or contains is run', async () => {
	const ran = join(makeFolder(), 'ran');
	const shop = makeRepository({
		'a.txt': 'a\n',
		'.gitattributes': '*.txt diff=evil filter=evil\n*.bin filter=spare\n',
		'z.bin': 'z\n'
	});
	const { workspace, tree } = worktreeOf(shop);
	const evil = join(makeFolder(), 'evil.sh');
	writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >> ${ran}\ncat\n`, { mode: 0o755 });
	for (const [name, value] of [
		['diff.external', evil],
		['diff.evil.command', evil],
		['diff.evil.textconv', evil],
		['filter.evil.clean', evil],
		['filter.evil.smudge', evil],
		['filter.evil.required', 'true'],
		['filter.spare.process', evil],
		['filter.spare.required', 'true'],
		['core.fsmonitor', evil],
		['core.pager', evil],
		['pager.diff', evil],
		['core.sshCommand', evil],
		['core.editor', evil],
		['log.showSignature', 'true'],
		['gpg.program', evil],
		['core.hooksPath', join(evil, '..')],
		['alias.diff', `!${evil}`],
		['remote.origin.url', `ext::${evil}`],
		['remote.origin.promisor', 'true'],
		['remote.origin.uploadpack', evil],
		['extensions.partialClone', 'origin'],
		['protocol.ext.allow', 'always']
	] as const)
		shop.git('config', name, value);
	tree.write('a.txt', 'changed\n');
	tree.write('z.bin', 'changed\n');
	tree.write('new.txt', 'new\n');
	for (const hook of ['post-index-change', 'fsmonitor-watchman', 'post-checkout'])
		writeFileSync(join(shop.dir, '.git/hooks', hook), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
	const ask = asking(workspace);
	const { diff, fault } = await ask.diff();
	expect(fault).toBeUndefined();
	expect(diff?.files.map((file) => file.path)).toEqual(['a.txt', 'z.bin', 'new.txt']);
	expect((await ask.patch('a.txt')).patch?.text).toContain('+changed');
	expect((await ask.patch('new.txt')).patch?.text).toContain('+new');
	expect(existsSync(ran)).toBe(false);
});

test('a repository that lacks objects is told of, and not fetched', async () => {
	const ran = join(makeFolder(), 'ran');
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const { workspace, tree } = worktreeOf(shop);
	for (const [name, value] of [
		['remote.origin.url', `ext::touch ${ran}`],
		['remote.origin.promisor', 'true'],
		['extensions.partialClone', 'origin'],
		['protocol.ext.allow', 'always']
	] as const)
		shop.git('config', name, value);
	const blob = shop.git('rev-parse', 'HEAD:a.txt');
	rmSync(join(shop.dir, '.git/objects', blob.slice(0, 2), blob.slice(2)));
	tree.write('a.txt', 'changed\n');
	expect((await asking(workspace).patch('a.txt')).fault).toMatchObject({ code: 'failed' });
	expect(existsSync(ran)).toBe(false);
});

test('a worktree that was led to another repository is not looked at', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const other = makeRepository({ 'private.txt': 'private\n' });
	const { workspace, tree } = worktreeOf(shop);
	rmSync(join(tree.dir, '.git'));
	writeFileSync(join(tree.dir, '.git'), `gitdir: ${join(other.dir, '.git')}\n`);
	expect((await asking(workspace).diff()).fault).toMatchObject({ code: 'no_git' });
	const elsewhere = makeRepository({ 'a.txt': 'a\n' });
	elsewhere.git('config', 'core.worktree', other.dir);
	const folder = folderOf(elsewhere.dir, elsewhere.head);
	expect((await asking(folder).diff()).fault).toMatchObject({ code: 'no_git' });
});

test('binary, huge and special files are said to be so, without their content', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const { workspace, tree } = worktreeOf(shop);
	tree.write('logo.png', Buffer.from([1, 0, 2, 0]));
	tree.write('huge.txt', 'x'.repeat(8 * 1024 * 1024 + 1));
	tree.write('tracked.bin', Buffer.from([0, 1, 2]));
	tree.git('add', 'tracked.bin');
	execFileSync('mkfifo', [join(tree.dir, 'pipe')]);
	mkdirSync(join(tree.dir, 'nested'));
	repositoryAt(join(tree.dir, 'nested')).git('init', '--quiet');
	repositoryAt(join(tree.dir, 'nested')).commit('Inside');
	const ask = asking(workspace);
	const { diff } = await ask.diff();
	expect(diff?.files.map((file) => [file.path, file.added])).toEqual([
		['tracked.bin', null],
		['huge.txt', null],
		['logo.png', null],
		['nested/', null]
	]);
	expect((await ask.patch('logo.png')).patch).toMatchObject({
		omitted: 'binary',
		text: '',
		size: 4
	});
	expect((await ask.patch('tracked.bin')).patch).toMatchObject({ omitted: 'binary', text: '' });
	expect((await ask.patch('huge.txt')).patch).toMatchObject({ omitted: 'huge', text: '' });
	expect((await ask.patch('pipe')).fault).toMatchObject({ code: 'no_path' });
});

test('a long patch is cut after a line, and what is no text does not break the wire', async () => {
	const shop = makeRepository({ 'long.txt': 'begin\n' });
	const { workspace, tree } = worktreeOf(shop);
	tree.write('long.txt', 'a line of text\n'.repeat(60_000));
	tree.write('fresh.txt', 'another line\n'.repeat(60_000));
	tree.write(
		'odd.txt',
		Buffer.concat([
			Buffer.alloc(9000, 'x\n'),
			Buffer.alloc(300_000, '\x01'),
			Buffer.from([0, 0xff, 0xed, 0xa0, 0x80, 10])
		])
	);
	const ask = asking(workspace);
	for (const path of ['long.txt', 'fresh.txt']) {
		const { patch } = await ask.patch(path);
		expect(patch?.truncated).toBe(true);
		expect(patch?.text.length).toBeLessThanOrEqual(MAX_PATCH_BYTES);
		expect(patch?.text.endsWith('line\n') || patch?.text.endsWith('text\n')).toBe(true);
		expect(patch?.added).toBe(60_000);
	}
	const odd = await ask.patch('odd.txt');
	expect(odd.patch?.truncated).toBe(true);
	expect(JSON.stringify(odd).length).toBeLessThan(1_000_000);
});

test('ten thousand untracked files are counted, and the list says that it is cut', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const { workspace, tree } = worktreeOf(shop);
	mkdirSync(join(tree.dir, 'many'));
	for (let n = 0; n < 10_000; n++) writeFileSync(join(tree.dir, 'many', `${n}.txt`), 'x\n');
	tree.write('a.txt', 'changed\n');
	const { diff } = await asking(workspace).diff();
	expect(diff?.totals).toMatchObject({ files: 10_001, untracked: 10_000 });
	expect(diff?.truncated).toBe(true);
	expect(diff?.files).toHaveLength(2000);
	expect(diff?.files[0]).toMatchObject({ path: 'a.txt', status: 'modified' });
}, 30_000);

test('a folder is compared with its commit of then, and only what lies below it', async () => {
	const shop = makeRepository({ 'web/a.txt': 'a\n', 'api/b.txt': 'b\n' });
	shop.write('web/a.txt', 'changed\n');
	shop.write('api/b.txt', 'changed\n');
	shop.write('web/new.txt', 'new\n');
	const ask = asking(folderOf(join(shop.dir, 'web'), shop.head));
	const { diff } = await ask.diff();
	expect(diff?.files.map((file) => file.path)).toEqual(['a.txt', 'new.txt']);
	expect((await ask.patch('a.txt')).patch?.text).toContain('+changed');
	expect((await ask.patch('b.txt')).fault).toMatchObject({ code: 'no_path' });
});

test('a repository without a commit, and one that an agent made in an empty folder, are all new', async () => {
	const dir = makeFolder();
	const scratch: WorkspaceRecord = { kind: 'scratch', cwd: dir };
	expect((await asking(scratch).diff()).fault).toMatchObject({ code: 'no_git' });
	const fresh = repositoryAt(dir);
	fresh.git('init', '--quiet', '--initial-branch', 'main');
	fresh.write('a.txt', 'a\n');
	fresh.git('add', 'a.txt');
	const { diff } = await asking(scratch).diff();
	expect(diff).toMatchObject({ base: null, head: null, branch: 'main', commits: [] });
	expect(diff?.files).toEqual([{ path: 'a.txt', status: 'added', added: 1, removed: 0 }]);
	const commit = fresh.commit('First');
	expect((await asking(scratch).diff()).diff).toMatchObject({
		head: commit,
		commits: [{ sha: commit }]
	});
});

test('an empty folder inside a repository is no part of it', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n' });
	mkdirSync(join(shop.dir, 'work'));
	const scratch: WorkspaceRecord = { kind: 'scratch', cwd: join(shop.dir, 'work') };
	expect((await asking(scratch).diff()).fault).toMatchObject({ code: 'no_git' });
});

test('what cannot be compared says why', async () => {
	expect((await asking(null).diff()).fault).toMatchObject({ code: 'no_workspace' });
	expect((await asking('gone').diff()).fault).toMatchObject({ code: 'gone' });
	expect((await asking(folderOf('/nonexistent/x')).diff()).fault).toMatchObject({ code: 'gone' });
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const lost = folderOf(shop.dir, 'c'.repeat(40));
	expect((await asking(lost).diff()).fault).toMatchObject({ code: 'no_base' });
	expect((await asking(lost).patch('a.txt')).fault).toMatchObject({ code: 'no_base' });
});

test('a merge that is not finished is shown as a conflict', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const { workspace, tree } = worktreeOf(shop);
	shop.write('a.txt', 'theirs\n');
	shop.commit('Theirs');
	tree.write('a.txt', 'ours\n');
	tree.commit('Ours');
	expect(() => tree.git('merge', 'main')).toThrow();
	const ask = asking(workspace);
	expect((await ask.diff()).diff?.files).toMatchObject([{ path: 'a.txt', status: 'conflicted' }]);
	expect((await ask.patch('a.txt')).patch?.text).toContain('<<<<<<<');
});

test('too many questions at once are refused, and the others are answered', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const ask = asking(folderOf(shop.dir, shop.head));
	const told = await Promise.all(Array.from({ length: 72 }, () => ask.diff()));
	expect(told.filter((one) => one.fault?.code === 'busy')).toHaveLength(4);
	expect(told.filter((one) => one.diff)).toHaveLength(68);
}, 60_000);
