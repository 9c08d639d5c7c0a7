import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
	isCommit,
	isRef,
	isRepoUrl,
	localPathProblem,
	refProblem,
	repoUrlProblem,
	staysInside
} from './repo.ts';

test.each([
	'https://github.com/acme/shop',
	'https://git.example.org:8443/a/b.git',
	'ssh://git@github.com/acme/shop.git',
	'ssh://git.example.org:2222/srv/shop.git',
	'git@github.com:acme/shop.git',
	'deploy@10.0.0.7:shop.git',
	'https://[2001:db8::1]/a.git'.replace('::', ':0:0:0:0:0:')
])('a repository may be fetched from %s', (url) => {
	expect(repoUrlProblem(url)).toBeNull();
});

test.each([
	['', 'empty'],
	['file:///etc', 'only https'],
	['/srv/repo', 'only https'],
	['../repo', 'only https'],
	['ext::sh -c id', 'white space'],
	['ext::sh', 'helpers'],
	['http://github.com/a/b', 'only https'],
	['git://github.com/a/b', 'only https'],
	['--upload-pack=touch', 'dash'],
	['https://user:secret@github.com/a/b', 'credentials'],
	['https://token@github.com/a/b', 'credentials'],
	['ssh://git:secret@github.com/a/b', 'credentials'],
	['ssh://-oProxyCommand=x/a', 'host'],
	['git@-oProxyCommand=x:a', 'host'],
	['-x@host:path', 'dash'],
	['git@host:-path', 'dash'],
	['git@host:$(id)', 'shell'],
	['https://github.com/', 'no repository'],
	['https://github.com/a?token=1', 'query'],
	['https://github.com/a/../b', 'upwards'],
	[`https://github.com/${'a'.repeat(500)}`, 'longer'],
	['https://github.com/a\u0000b', 'control'],
	['https://github.com\\@evil/a', 'backslash']
])('%j is refused', (url, word) => {
	expect(repoUrlProblem(url)).toContain(word);
});

test('nothing that is taken can be an option, a helper, a file or a credential', () => {
	const piece = fc.constantFrom(
		'https://',
		'ssh://',
		'file://',
		'ext::',
		'git@',
		'a',
		'host',
		':',
		'/',
		'-',
		'..',
		'x:y@',
		' ',
		'\n',
		'?',
		'%',
		'.git'
	);
	fc.assert(
		fc.property(
			fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 8 }),
			(parts) => {
				const url = parts.join('');
				if (!isRepoUrl(url)) return;
				expect(url).toMatch(/^(https:\/\/|ssh:\/\/|[\w.-]+@[\w.-]+:)/);
				expect(url.startsWith('-')).toBe(false);
				expect(url).not.toMatch(/::|^file:|\s/);
				if (url.startsWith('https://'))
					expect(new URL(url).username + new URL(url).password).toBe('');
			}
		),
		{ numRuns: 2000 }
	);
});

test('a branch is refused exactly when git refuses it', () => {
	const names = [
		'main',
		'feature/a.b',
		'a..b',
		'a.lock',
		'x/.y',
		'-a',
		'a@{b',
		'a b',
		'a~',
		'HEAD',
		'a/',
		'/a',
		'a//b',
		'ü',
		'a.',
		'a.lock/b',
		'a[b',
		'a\\b'
	];
	for (const name of names) {
		let gitTakesIt = true;
		try {
			execFileSync('git', ['check-ref-format', '--branch', name], { stdio: 'ignore' });
		} catch {
			gitTakesIt = false;
		}
		expect([name, isRef(name)]).toEqual([name, gitTakesIt]);
	}
	expect(refProblem('a'.repeat(251))).toContain('longer');
});

test('a branch that is taken holds nothing git could read as another thing', () => {
	fc.assert(
		fc.property(fc.string({ maxLength: 40 }), (ref) => {
			if (!isRef(ref)) return;
			expect(ref).not.toMatch(/^-|\.\.|[\s~^:?*[\\]|\/\/|@\{|\.$|^\/|\/$/);
		})
	);
});

test('a local path is absolute and does not go upwards', () => {
	expect(localPathProblem('/home/me/shop')).toBeNull();
	for (const bad of ['', 'shop', '/home/../etc', '/a\u0000b', `/${'a'.repeat(1000)}`])
		expect(localPathProblem(bad)).not.toBeNull();
});

test('a path inside a folder cannot leave it', () => {
	expect(staysInside('src/a.ts')).toBe(true);
	for (const bad of ['', '.', '/', '/etc', '..', 'a/../../b', 'a\\b', 'a\u0000'])
		expect(staysInside(bad)).toBe(false);
	expect(isCommit('a'.repeat(40))).toBe(true);
	expect(isCommit('HEAD')).toBe(false);
});
