import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import fc from 'fast-check';
import { COMMANDS, overview } from './commands.ts';
import { main } from './main.ts';
import { editDistance, suggest } from './suggest.ts';
import { hostPid } from './local-runner.ts';
import { bindsLoopback } from './http-server.ts';
import { explain } from './usage.ts';

afterEach(() => vi.unstubAllEnvs());

/** Runs a command line in this process and collects what it prints. */
async function village(...argv: string[]) {
	const out = { stdout: '', stderr: '' };
	const spies = (['stdout', 'stderr'] as const).map((name) =>
		vi.spyOn(process[name], 'write').mockImplementation((text) => {
			out[name] += String(text);
			return true;
		})
	);
	try {
		return { code: await main(argv), ...out };
	} finally {
		for (const spy of spies) spy.mockRestore();
	}
}

function folder(): string {
	const dir = mkdtempSync(join(tmpdir(), 'village-cli-'));
	onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

test('the overview names every command that people call', async () => {
	const { code, stdout } = await village('--help');
	expect(code).toBe(0);
	expect(stdout).toBe(overview());
	for (const [name, { internal }] of Object.entries(COMMANDS))
		expect(stdout.includes(`\n  ${name} `)).toBe(!internal);
	expect((await village()).code).toBe(64);
	expect((await village('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each(Object.keys(COMMANDS))(
	'village %s --help explains itself and does nothing',
	async (name) => {
		const { code, stdout, stderr } = await village(name, '--help');
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
		expect(stdout).toMatch(new RegExp(`^Usage: village ${name}`));
		expect(stdout).toMatch(/Exit codes:/);
	}
);

test('an unknown command is 64, with the nearest one', async () => {
	expect(await village('sevre')).toMatchObject({
		code: 64,
		stderr: 'village: there is no command "sevre". Did you mean "village serve"?\n'
	});
	expect((await village('xyzzy')).stderr).toContain('Try: village --help');
	expect((await village('__proto__')).code).toBe(64);
	expect((await village('constructor')).code).toBe(64);
});

const WRONG: string[][] = [
	['serve', '--prot', '1'],
	['serve', '--port', '70000'],
	['serve', '--port', '-1'],
	['serve', 'now'],
	['up', '--json=yes'],
	['up', '--allow-local', '/no/such/folder'],
	['token'],
	['token', 'create'],
	['token', 'create', '--role', 'root'],
	['token', 'create', '--role', 'owner', '--name', ''],
	['token', 'revoke', '--role', 'owner'],
	['backup'],
	['backup', 'a', 'b'],
	['restore'],
	['login-link', 'ada'],
	['attach'],
	['attach', 's1', '--url', 'ftp://x', '--token', 't'],
	['attach', 's1', '--url', 'not a url', '--token', 't'],
	['session-host', '--dir', '/tmp'],
	['doctor', '--fix'],
	['fake-model'],
	['fake-model', '--scenario', '/no/such/file'],
	['fake-model', '--scenario', '/dev/null'],
	['fake-model', '--scenario', 'package.json'],
	['fake-model', '--scenario', 'package.json', '--port', '70000'],
	['migrate', '--down']
];
test.each(WRONG)('village %s %s %s is wrong usage: 64 and one line', async (...argv) => {
	vi.stubEnv('CONTROL_PLANE_AUTH_TOKEN', '');
	vi.stubEnv('VILLAGE_DATA_DIR', folder());
	const { code, stderr, stdout } = await village(...argv.filter((word) => word !== undefined));
	expect(code).toBe(64);
	expect(stdout).toBe('');
	expect(stderr).toMatch(/^village [\w-]+: .+\nTry: village [\w-]+ --help\n$/);
});

test('a wrong variable is named, with exit 2', async () => {
	vi.stubEnv('VILLAGE_TEST', 'yes');
	for (const name of ['serve', 'up', 'migrate', 'login-link']) {
		const { code, stderr } = await village(name);
		expect(code).toBe(2);
		expect(stderr).toContain('VILLAGE_TEST');
		expect(stderr).not.toContain('yes');
	}
});

test('an address that others reach is refused while nobody owns the village', async () => {
	const dir = folder();
	for (const name of ['serve', 'up']) {
		const { code, stderr } = await village(name, '--host', '0.0.0.0', '--data-dir', dir);
		expect(code).toBe(2);
		expect(stderr).toContain(`village up --host 127.0.0.1 --data-dir ${dir}`);
	}
	for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1'])
		expect(bindsLoopback(host)).toBe(true);
	for (const host of ['0.0.0.0', '::', '192.168.1.2', 'example.org', '127.0.0.1.example.org'])
		expect(bindsLoopback(host)).toBe(false);
});

test('a token and a link are made without a server, and the first token has its own service user', async () => {
	const dir = folder();
	const made = await village('token', 'create', '--role', 'operator', '--json', '--data-dir', dir);
	expect(made.code).toBe(0);
	expect(JSON.parse(made.stdout)).toEqual({
		token: expect.stringMatching(/^avu_[0-9a-f-]{36}_[\w-]{43}$/)
	});
	const link = await village('login-link', '--json', '--data-dir', dir);
	expect(JSON.parse(link.stdout)).toMatchObject({
		kind: 'setup',
		url: expect.stringMatching(/\/sign-in\/[\w-]{43}$/)
	});
	const unknown = await village('login-link', '--user', 'x@example.org', '--data-dir', dir);
	expect(unknown).toMatchObject({ code: 1, stderr: 'village login-link: No such person.\n' });
	expect(JSON.parse((await village('migrate', '--json', '--data-dir', dir)).stdout)).toEqual({
		applied: 0
	});
	const file = join(dir, 'b.tgz');
	expect((await village('backup', file, '--data-dir', dir)).code).toBe(0);
	const refused = await village('restore', file, '--data-dir', dir);
	expect(refused).toMatchObject({ code: 1 });
	expect(refused.stderr).toContain('nothing was changed');
	const restored = await village('restore', file, '--yes', '--json', '--data-dir', dir);
	expect(JSON.parse(restored.stdout)).toMatchObject({ aside: expect.stringContaining(dir) });
	// Opens an embedded database six times.
}, 120_000);

test('doctor says what is wrong and what to do', async () => {
	const dir = folder();
	const busy = createServer();
	await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void busy.close());
	vi.stubEnv('PORT', String((busy.address() as { port: number }).port));
	vi.stubEnv('HTTP_PROXY', 'http://proxy.example');
	vi.stubEnv('NO_PROXY', '');
	const { code, stdout } = await village('doctor', '--json', '--data-dir', dir);
	expect(code).toBe(1);
	const { findings } = JSON.parse(stdout) as { findings: { name: string; ok: boolean }[] };
	const of = (name: string) => findings.find((finding) => finding.name === name);
	expect(of('port')).toMatchObject({ ok: false, fix: expect.stringContaining('--port') });
	expect(of('proxies')).toMatchObject({ ok: false, fix: expect.stringContaining('NO_PROXY') });
	for (const name of ['node', 'configuration', 'database', 'clock', 'terminals', 'git', 'disk'])
		expect(of(name)).toMatchObject({ ok: true });
	vi.stubEnv('PORT', 'many');
	const wrong = await village('doctor', '--data-dir', dir);
	expect(wrong.stdout).toMatch(/WRONG {2}configuration +PORT: /);
});

test('known failures end with one line and their own exit code', () => {
	const named = (name: string) => Object.assign(new Error('why'), { name });
	expect(explain(named('ConfigError'))).toEqual({ exitCode: 2, lines: ['why'] });
	expect(explain(named('DatabaseInUseError'))).toEqual({ exitCode: 3, lines: ['why'] });
	expect(explain(named('AppError'))).toEqual({ exitCode: 1, lines: ['why'] });
	expect(explain(named('TypeError')).lines.length).toBe(1);
	expect(explain(new Error('bug')).lines[0]).toContain('at ');
});

test('a word one slip away from a command finds it', () => {
	const known = Object.keys(COMMANDS);
	fc.assert(
		fc.property(fc.constantFrom(...known), fc.nat(), (word, n) => {
			const at = n % word.length;
			const slipped = word.slice(0, at) + word.slice(at + 1);
			expect(editDistance(word, slipped)).toBe(1);
			if (slipped.length > 2) expect(suggest(slipped, known)).not.toBeNull();
		})
	);
	expect(editDistance('kitten', 'sitting')).toBe(3);
	expect(suggest('', known)).toBeNull();
});

test('a session host is known by its lock only while it is one', async () => {
	const dir = folder();
	expect(hostPid(dir)).toBeNull();
	const sleeper = spawn('sleep', ['30']);
	onTestFinished(() => void sleeper.kill());
	await new Promise((resolve) => execFile('mkdir', [join(dir, 'host')], resolve));
	const { writeFileSync } = await import('node:fs');
	writeFileSync(join(dir, 'host', 'host.lock'), JSON.stringify({ pid: sleeper.pid }));
	expect(hostPid(dir)).toBeNull();
});
