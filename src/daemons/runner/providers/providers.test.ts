import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startFrame, makeFolder } from '../testing/runner.ts';
import { readAuthStatus } from './claude-code.ts';
import { ask, findProgram, parseVersion } from './probe.ts';
import { ALL_PROVIDERS, detectProviders, findProvider } from './registry.ts';
import { findShell } from './shell.ts';

const program = ['/usr/bin/node', '/opt/village/bin/village.js'];

/** A folder with stand-ins for installed CLIs: name → script. */
function install(scripts: Record<string, string>): {
	PATH: string;
	HOME: string;
	SHELL: string;
	SECRET: string;
} {
	const dir = join(makeFolder(), 'bin');
	mkdirSync(dir);
	for (const [name, script] of Object.entries(scripts)) {
		writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
		chmodSync(join(dir, name), 0o755);
	}
	return { PATH: `${dir}:/usr/bin:/bin`, HOME: dir, SHELL: '/bin/sh', SECRET: 'x' };
}

test('installed CLIs are found with path, version and what their own check says of being signed in', async () => {
	const env = install({
		claude:
			'if [ "$1" = --version ]; then echo "2.1.329 (Claude Code)"; else echo \'{"loggedIn": true}\'; fi',
		codex:
			'if [ "$1" = --version ]; then echo codex-cli 0.169.0; else echo "Not logged in" >&2; exit 1; fi',
		gemini: 'echo 0.61.0'
	});
	const found = await detectProviders({ env, program });
	expect(found).toMatchObject([
		{
			id: 'claude_code',
			version: '2.1.329',
			auth: 'ok',
			level: 'L3',
			capabilities: { canAnswer: true, reportsCost: true },
			path: join(env.HOME, 'claude')
		},
		{ id: 'codex', version: '0.169.0', auth: 'missing', missing: ['codex login'] },
		{ id: 'gemini_cli', version: '0.61.0', auth: 'unknown' },
		{ id: 'shell', auth: 'ok' },
		{ id: 'custom', auth: 'ok' },
		{ id: 'scripted', level: 'L3' }
	]);
});

test('Codex without a login is not called signed out where another model provider is set', async () => {
	const env = install({ codex: 'echo "Not logged in" >&2; exit 1' });
	mkdirSync(join(env.HOME, '.codex'));
	const auth = async (config: string) => {
		writeFileSync(join(env.HOME, '.codex', 'config.toml'), config);
		const found = await detectProviders({ env, program });
		return found.find((one) => one.id === 'codex')?.auth;
	};
	expect(await auth('model_provider = "azure"\n[model_providers.azure]\n')).toBe('unknown');
	expect(await auth('[profiles.work]\nmodel_provider = "azure"\n')).toBe('unknown');
	expect(await auth('model_provider = "openai"\n# model_provider = "azure"\n')).toBe('missing');
	expect(await auth('model = "gpt"')).toBe('missing');
});

test('a CLI that hangs or fails is listed without a version, and "unknown" is said of it', async () => {
	const env = install({ claude: 'sleep 60', codex: 'exit 3' });
	const started = performance.now();
	const found = await detectProviders({ env, program });
	expect(performance.now() - started).toBeLessThan(4500);
	expect(found.find((one) => one.id === 'claude_code')).toMatchObject({ auth: 'unknown' });
	expect(found.find((one) => one.id === 'codex')).not.toHaveProperty('version');
	expect(found.find((one) => one.id === 'codex')).toMatchObject({ auth: 'unknown' });
});

test('a program that is asked sees no variable of the runner', async () => {
	const env = install({ tool: 'env' });
	const answer = await ask(join(env.HOME, 'tool'), [], env);
	expect(answer.output).not.toContain('SECRET');
});

test('only absolute entries of PATH are searched, and only files that may be run', () => {
	const env = install({ tool: 'true' });
	writeFileSync(join(env.HOME, 'plain'), '');
	expect(findProgram('tool', { PATH: `.:${env.HOME}` })).toBe(join(env.HOME, 'tool'));
	expect(findProgram('plain', env)).toBeNull();
	expect(findProgram('tool', { PATH: '.:bin' })).toBeNull();
});

test('versions and sign-in answers of many shapes are read, and nothing is guessed', () => {
	expect(parseVersion('v1.2.3-beta.1 (abc)')).toBe('1.2.3-beta.1');
	expect(parseVersion('GNU bash, version 5.2.15(1)-release')).toBe('5.2.15');
	expect(parseVersion('no number here')).toBeUndefined();
	expect(readAuthStatus('{"loggedIn": false}')).toBe('missing');
	for (const odd of ['', 'yes', '{"loggedIn": "true"}', '{', '[]'])
		expect(readAuthStatus(odd)).toBe('unknown');
});

test('the shell is the one of the user, and never one that refuses logins', () => {
	expect(findShell({ SHELL: '/bin/sh', PATH: '/bin' })).toBe('/bin/sh');
	expect(findShell({ SHELL: '/usr/sbin/nologin', PATH: '/usr/bin:/bin' })).not.toContain('nologin');
	expect(findShell({ SHELL: 'relative/sh', PATH: '/usr/bin:/bin' }).startsWith('/')).toBe(true);
});

test('each provider says what is started', () => {
	const env = install({ claude: 'true' });
	const files: string[] = [];
	const context = {
		env,
		program,
		version: null,
		writeFile(extension: string, content: string) {
			const file = join(makeFolder(), extension);
			writeFileSync(file, content);
			files.push(file);
			return file;
		}
	};
	const command = (id: string, spec: object) =>
		findProvider(id)!.command(startFrame('s', spec).spec, context);
	expect(command('shell', {})).toEqual({ ok: true, argv: ['/bin/sh'] });
	expect(command('claude_code', { task: 'Mend it', model: 'small' })).toEqual({
		ok: true,
		argv: [...program, 'drive', files.at(-1)]
	});
	expect(JSON.parse(readFileSync(files.at(-1)!, 'utf8'))).toEqual({
		providerId: 'claude_code',
		program: [join(env.HOME, 'claude')],
		version: null,
		task: 'Mend it',
		model: 'small',
		askTimeoutMs: 60_000
	});
	expect(command('codex', {})).toMatchObject({ ok: false, code: 'no_provider' });
	expect(command('custom', { command: 'npm test && echo ok' })).toEqual({
		ok: true,
		argv: ['/bin/sh', '-c', 'npm test && echo ok']
	});
	expect(command('custom', { argv: ['a', '; rm -rf /'] })).toEqual({
		ok: true,
		argv: ['a', '; rm -rf /']
	});
	expect(command('custom', { argv: ['a'], command: 'b' })).toMatchObject({
		ok: false,
		code: 'bad_spec'
	});
	const played = command('scripted', { scenario: { steps: [{ do: 'exit', code: 0 }] } });
	expect(played).toEqual({ ok: true, argv: [...program, 'scripted-agent', files.at(-1)] });
	expect(JSON.parse(readFileSync(files.at(-1)!, 'utf8'))).toMatchObject({ speed: 1 });
	expect(new Set(ALL_PROVIDERS.map((one) => one.id)).size).toBe(8);
});
