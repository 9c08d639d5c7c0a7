import fc from 'fast-check';
import { expect, test } from 'vitest';
import { envProblem, probeEnvironment, sessionEnvironment } from './environment.ts';

const ALLOWED = /^(?:PATH|HOME|LANG|LC_.*|TERM|TZ|TMPDIR|VILLAGE_SESSION_ID|SHELL|USER|LOGNAME)$/;

test('whatever the runner has in its environment, only the list reaches a session', () => {
	fc.assert(
		fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (from) => {
			const env = sessionEnvironment({
				from,
				binDir: '/b',
				sessionId: 's',
				credentials: ['MY_KEY'],
				env: {}
			});
			for (const name of Object.keys(env))
				expect(name === 'MY_KEY' || ALLOWED.test(name)).toBe(true);
			expect(env.PATH!.startsWith('/b:')).toBe(true);
		})
	);
});

test("secrets of ours stay; the provider's own credentials and the session's own variables go", () => {
	const from = {
		PATH: '/usr/bin',
		DATABASE_URL: 'x',
		VILLAGE_SECRET: 'x',
		OPENAI_API_KEY: 'k',
		ANTHROPIC_API_KEY: 'a',
		LC_ALL: 'C',
		TZ: 'UTC'
	};
	const env = sessionEnvironment({
		from,
		binDir: '/b',
		sessionId: 's-1',
		credentials: ['OPENAI_API_KEY'],
		env: { CI: '1' }
	});
	expect(env).toEqual({
		PATH: '/b:/usr/bin',
		TERM: 'xterm-256color',
		LANG: 'C.UTF-8',
		LC_ALL: 'C',
		TZ: 'UTC',
		OPENAI_API_KEY: 'k',
		VILLAGE_SESSION_ID: 's-1',
		CI: '1'
	});
	expect(probeEnvironment(from)).toEqual({ PATH: '/usr/bin', LC_ALL: 'C' });
});

test.each([
	'PATH',
	'HOME',
	'SHELL',
	'ENV',
	'BASH_ENV',
	'NODE_OPTIONS',
	'LD_PRELOAD',
	'DYLD_INSERT_LIBRARIES',
	'GIT_SSH_COMMAND',
	'PYTHONSTARTUP',
	'VILLAGE_SESSION_ID',
	'lower',
	'1A',
	'A-B',
	''
])('a session may not set %j', (name) => {
	const problem = envProblem({ [name]: 'secret-value' });
	expect(problem).not.toBeNull();
	expect(problem).not.toContain('secret-value');
});

test('a session may set a bounded number of plain variables', () => {
	expect(envProblem({ CI: '1', MY_TOKEN: 'x'.repeat(1000) })).toBeNull();
	expect(envProblem({ BIG: 'x'.repeat(33_000) })).toContain('bytes');
	expect(
		envProblem(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`V${i}`, ''])))
	).toContain('64');
	expect(envProblem({ NUL: 'a\u0000b' })).toContain('U+0000');
});
