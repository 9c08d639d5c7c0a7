import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOf, checkHouse, type Surveyor } from './house-check.ts';
import { createMutex } from './mutex.ts';
import { openStateDir } from './state-dir.ts';
import { makeFolder } from './testing/runner.ts';

const ADDRESS = 'https://code.example.org/shop.git';

/** A repository whose own branch is `trunk`, and a home whose git finds it under `ADDRESS`. */
function makeShop() {
	const dir = join(makeFolder(), 'shop');
	mkdirSync(join(dir, 'src'), { recursive: true });
	writeFileSync(join(dir, 'src/a.ts'), 'export {};\n');
	writeFileSync(join(dir, 'src/b.ts'), 'export {};\n');
	writeFileSync(join(dir, 'README.md'), '# Shop\n');
	const git = (...args: string[]) =>
		execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
			cwd: dir
		});
	git('init', '-q', '-b', 'trunk');
	git('add', '-A');
	git('commit', '-q', '-m', 'Begin');
	const home = makeFolder();
	writeFileSync(join(home, '.gitconfig'), `[url "file://${dir}"]\n\tinsteadOf = ${ADDRESS}\n`);
	return { dir, home };
}

function surveyor(more: Partial<Surveyor> = {}): Surveyor {
	return {
		state: openStateDir(makeFolder()),
		from: { PATH: process.env.PATH, HOME: '/nonexistent' },
		lock: createMutex(),
		signal: new AbortController().signal,
		allowLocal: [],
		...more
	};
}

test('a folder is seen with its language and its size; with git only what git knows counts', async () => {
	const { dir } = makeShop();
	writeFileSync(join(dir, 'untracked.py'), '');
	const seen = await checkHouse(surveyor({ allowLocal: [dir] }), { local: { path: dir } });
	expect(seen).toEqual({ ok: true, language: 'TypeScript', files: 3 });
	const plain = makeFolder();
	writeFileSync(join(plain, 'a.py'), '');
	expect(await checkHouse(surveyor({ allowLocal: [plain] }), { local: { path: plain } })).toEqual({
		ok: true,
		language: 'Python',
		files: 1
	});
});

test('what is absent, no folder, outside, or a link to the outside is refused in the same words', async () => {
	const root = makeFolder();
	const elsewhere = makeFolder();
	writeFileSync(join(root, 'file'), '');
	symlinkSync(elsewhere, join(root, 'link'));
	const paths = [join(root, 'nothing'), join(root, 'file'), elsewhere, join(root, 'link')];
	const answers = await Promise.all(
		paths.map((path) => checkHouse(surveyor({ allowLocal: [root] }), { local: { path } }))
	);
	expect(answers.every((answer) => !answer.ok)).toBe(true);
	expect(new Set(answers.map((answer) => answer.message)).size).toBe(1);
});

test('an address is fetched into the mirror that sessions use, at the branch the repository names', async () => {
	const { home } = makeShop();
	const who = surveyor({ from: { PATH: process.env.PATH, HOME: home } });
	expect(await checkHouse(who, { repo: { url: ADDRESS } })).toEqual({
		ok: true,
		branch: 'trunk',
		language: 'TypeScript',
		files: 3
	});
	expect(readdirSync(join(who.state.workDir, 'mirrors'))).toHaveLength(1);
});

test('an address that cannot be fetched, or may not be, is answered with why', async () => {
	const { home } = makeShop();
	const who = surveyor({ from: { PATH: process.env.PATH, HOME: home } });
	const absent = await checkHouse(who, { repo: { url: ADDRESS, branch: 'nothing' } });
	expect(absent).toMatchObject({ ok: false, message: expect.stringContaining('nothing') });
	for (const url of ['file:///etc', 'ext::sh -c id', '--upload-pack=x'])
		expect((await checkHouse(who, { repo: { url } })).ok).toBe(false);
	expect(existsSync('/etc/.git')).toBe(false);
	expect(await checkHouse(who, {})).toMatchObject({ ok: false });
});

test('an answer names what was asked', () => {
	const asked = { requestId: 'r', houseId: 'h' };
	expect(answerOf(asked, { ok: false, message: 'gone' })).toEqual({
		t: 'house.checked',
		...asked,
		ok: false,
		message: 'gone',
		language: null,
		files: null
	});
});
