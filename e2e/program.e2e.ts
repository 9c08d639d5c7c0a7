// The program as a shell sees it: its lines, its exit codes, and what is left when it is gone.
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { apiOf } from './api.ts';
import { reaches, startCommand } from './fixtures.ts';
import { kill9, killAll, processesOf, processesSaying, until } from './processes.ts';
import { createToken, newDataDir, startVillage, village } from './village.ts';

let dataDir: string;
test.beforeEach(() => {
	dataDir = newDataDir();
});
test.afterEach(async () => {
	await killAll(dataDir);
	rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function scripted(url: string) {
	const api = apiOf(url, createToken(dataDir, 'owner'));
	const [first] = await api.villages.list.query();
	return { api, orgId: first!.orgId };
}

test('up prints one ready line when everything answers, and the first Ctrl-C leaves nothing of ours', async () => {
	const up = await startVillage({ dataDir });
	expect(up.dataDir).toBe(dataDir);
	expect(up.signInUrl.startsWith(up.url)).toBe(true);
	for (const path of ['/healthz', '/readyz']) expect((await fetch(up.url + path)).status).toBe(200);
	const begun = Date.now();
	expect(await up.stop()).toBe(0);
	expect(Date.now() - begun).toBeLessThan(5_000);
	expect(processesOf(dataDir)).toEqual([]);
	expect(existsSync(join(dataDir, 'village.lock'))).toBe(false);
});

test('the first Ctrl-C also ends running sessions, children in sessions of their own included', async () => {
	const up = await startVillage({ dataDir });
	const home = await scripted(up.url);
	await startCommand(home, 'setsid sleep 12345 & sleep 12346');
	await until('the child runs', 5_000, () => processesSaying(dataDir, '12345').length > 0);
	const begun = Date.now();
	up.process.kill('SIGINT');
	await once(up.process, 'exit');
	expect(Date.now() - begun).toBeLessThan(15_000);
	expect(processesOf(dataDir)).toEqual([]);
});

test('a second Ctrl-C ends it within a second', async () => {
	const up = await startVillage({ dataDir });
	const home = await scripted(up.url);
	await startCommand(home, 'trap "" TERM INT HUP; while :; do sleep 1; done');
	up.process.kill('SIGINT');
	await new Promise((resolve) => setTimeout(resolve, 400));
	const begun = Date.now();
	up.process.kill('SIGINT');
	await once(up.process, 'exit');
	expect(Date.now() - begun).toBeLessThan(1_000);
});

test('a second village on the same data directory is refused with one line and exit code 3', async () => {
	const up = await startVillage({ dataDir });
	const second = village(['up', '--json', '--port', '0', '--data-dir', dataDir, '--no-open']);
	expect(second.code).toBe(3);
	expect(second.stderr.trim().split('\n')).toHaveLength(1);
	expect(second.stderr).toContain(up.url);
});

test('after kill -9 of everything the next up is ready unaided and keeps what was there', async () => {
	const first = await startVillage({ dataDir });
	const home = await scripted(first.url);
	const sessionId = await startCommand(home, 'echo kept');
	await reaches(home, sessionId, 'COMPLETED');
	for (const { pid } of processesOf(dataDir)) kill9(pid);
	await until('everything is dead', 5_000, () => processesOf(dataDir).length === 0);
	const second = await startVillage({ dataDir });
	const again = await scripted(second.url);
	expect((await again.api.sessions.get.query({ sessionId })).exitCode).toBe(0);
	const next = await startCommand(again, 'echo works');
	await reaches(again, next, 'COMPLETED');
});

test('tokens can be made with and without a running server, before anybody owns the village', async () => {
	const up = await startVillage({ dataDir });
	const online = createToken(dataDir, 'viewer');
	expect((await apiOf(up.url, online).villages.list.query()).length).toBe(1);
	await up.stop();
	const offline = createToken(dataDir, 'operator');
	const again = await startVillage({ dataDir });
	expect((await apiOf(again.url, offline).villages.list.query()).length).toBe(1);
	await expect(apiOf(again.url, `${offline}x`).villages.list.query()).rejects.toMatchObject({
		data: { appCode: 'UNAUTHENTICATED' }
	});
});

test('an address that others reach is refused with exit code 2 until somebody owns the village', () => {
	const refused = village(['serve', '--host', '0.0.0.0', '--port', '0', '--data-dir', dataDir]);
	expect(refused.code).toBe(2);
	expect(refused.stderr).toContain('village up');
});

test('every command explains itself, and a wrong one is refused with a hint', () => {
	const overview = village(['--help']);
	expect(overview.code).toBe(0);
	const commands = overview.stdout
		.split('\n')
		.flatMap((line) => /^ {2}([a-z-]+) {2}/.exec(line)?.[1] ?? []);
	expect(commands).toEqual(
		expect.arrayContaining([
			'up',
			'serve',
			'runner',
			'ask',
			'attach',
			'token',
			'login-link',
			'backup',
			'restore',
			'migrate',
			'doctor'
		])
	);
	for (const command of commands) {
		const help = village([command, '--help']);
		expect(help.code, command).toBe(0);
		expect(help.stdout, command).toContain(`village ${command}`);
	}
	const wrong = village(['serv']);
	expect(wrong.code).toBe(64);
	expect(wrong.stderr).toContain('village serve');
});

test('a backup brings everything back on another data directory', async () => {
	const up = await startVillage({ dataDir });
	const home = await scripted(up.url);
	const sessionId = await startCommand(home, 'echo to be kept');
	await reaches(home, sessionId, 'COMPLETED');
	const file = join(dataDir, 'backup.tgz');
	expect(village(['backup', file, '--data-dir', dataDir], { timeoutMs: 60_000 })).toMatchObject({
		code: 0
	});
	await up.stop();
	const other = newDataDir();
	try {
		expect(village(['restore', file, '--data-dir', other], { timeoutMs: 60_000 })).toMatchObject({
			code: 0
		});
		const restored = await startVillage({ dataDir: other });
		const api = apiOf(restored.url, createToken(other, 'owner'));
		expect((await api.sessions.get.query({ sessionId })).state).toBe('COMPLETED');
		await restored.destroy();
	} finally {
		await killAll(other);
		rmSync(other, { recursive: true, force: true });
	}
});
