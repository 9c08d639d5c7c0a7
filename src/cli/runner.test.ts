import { spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openControlPlane } from '#daemons/runner/testing/control-plane.ts';
import { makeFolder, openHostFor, startRunner } from '#daemons/runner/testing/runner.ts';
import { bundle } from '#daemons/session-host/testing/bundle.ts';

const village = bundle(
	'village-runner',
	`import { run } from '#cli/runner.ts';
	process.exitCode = await run(process.argv.slice(2));`
);

function call(args: string[], input = ''): Promise<{ code: number; out: string; err: string }> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [village(), ...args], {
			env: { PATH: process.env.PATH, HOME: '/nonexistent', SHELL: '/bin/sh' }
		});
		let out = '';
		let err = '';
		child.stdout.on('data', (chunk) => (out += chunk));
		child.stderr.on('data', (chunk) => (err += chunk));
		child.stdin.end(input);
		child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
	});
}

/** A village that takes one code. */
async function openVillage(code: string) {
	const server = createServer((request, response) => {
		const ok = request.headers.authorization === `Bearer ${code}`;
		const data = {
			runnerId: 'r-1',
			credential: 'avr_r-1_secret',
			wsUrl: 'ws://127.0.0.1:1/ws/runner'
		};
		const error = { code: 'JOIN_TOKEN_INVALID', message: 'This code is not valid any more.' };
		response.writeHead(ok ? 201 : 401, { 'content-type': 'application/json' });
		response.end(
			JSON.stringify({ success: ok, data: ok ? data : null, error: ok ? null : error, meta: {} })
		);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('join prints what it found and keeps the credential for its owner alone', async () => {
	const url = await openVillage('avj_1_code');
	const dir = join(makeFolder(), 'r');
	const joined = await call(
		['join', url, '-', '--json', '--data-dir', dir, '--capacity', '2'],
		'avj_1_code\n'
	);
	expect(joined.err).toBe('');
	const facts = JSON.parse(joined.out);
	expect(facts).toMatchObject({ runnerId: 'r-1', serverUrl: url, ok: true });
	expect(facts.providers.map((one: { id: string }) => one.id)).toContain('shell');
	expect(joined.out).not.toContain('secret');
	expect(statSync(join(dir, 'runner.json')).mode & 0o777).toBe(0o600);
	expect(await call(['join', url, 'avj_1_code', '--data-dir', dir])).toMatchObject({ code: 1 });
	expect(JSON.parse((await call(['status', '--json', '--data-dir', dir])).out)).toMatchObject({
		running: false,
		joined: true
	});
	expect(await call(['leave', '--data-dir', dir])).toMatchObject({ code: 0 });
	expect(JSON.parse((await call(['status', '--json', '--data-dir', dir])).out)).toMatchObject({
		joined: false
	});
});

test('a refused code is told in the words of the server and leaves nothing behind', async () => {
	const url = await openVillage('avj_1_other');
	const dir = makeFolder();
	const file = join(dir, 'code');
	writeFileSync(file, 'avj_1_code');
	const refused = await call(['join', url, '--token-file', file, '--json', '--data-dir', dir]);
	expect(refused.code).toBe(1);
	expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'JOIN_TOKEN_INVALID' } });
	expect((await call(['join', url, 'a\nb', '--data-dir', dir])).err).toContain('not a join code');
	expect((await call(['join', 'http://127.0.0.1:1', 'c', '--data-dir', dir])).code).toBe(1);
});

test('status and drain speak with the running runner', async () => {
	const plane = await openControlPlane();
	const dataDir = makeFolder();
	await openHostFor(dataDir);
	const runner = startRunner(plane, dataDir);
	await plane.next('hello');
	await expect
		.poll(async () => JSON.parse((await call(['status', '--json', '--data-dir', dataDir])).out))
		.toMatchObject({ running: true, connected: true, capacity: 3, sessions: [] });
	expect((await call(['status', '--data-dir', dataDir])).out).toContain('0 of 3 sessions');
	expect(await call(['drain', '--data-dir', dataDir])).toMatchObject({ code: 0 });
	expect(await runner.ended).toEqual({ exitCode: 0, reason: 'drained' });
	expect((await call(['drain', '--data-dir', dataDir])).code).toBe(1);
});

test('wrong usage is told and answered with 64, help with 0', async () => {
	const help = await call(['--help']);
	expect(help).toMatchObject({ code: 0, err: '' });
	for (const word of ['join', 'start', 'status', 'drain', 'leave', '--allow-local'])
		expect(help.out).toContain(word);
	expect((await call(['join', '--help'])).code).toBe(0);
	for (const args of [
		[],
		['party'],
		['join'],
		['start', '--nonsense'],
		['join', 'u', 'c', '--capacity', '0']
	])
		expect((await call(args)).code).toBe(64);
	expect((await call(['start', '--data-dir', makeFolder()])).err).toContain('village runner join');
});
