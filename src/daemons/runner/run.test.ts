import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { KIND } from '#protocol/runner/binary.ts';
import { openStateDir } from './state-dir.ts';
import { makeRepository } from './testing/repository.ts';
import { openHostFor, setUp, startFrame, startRunner } from './testing/runner.ts';

test('a runner says who it is, with its credential in the header and never in the address', async () => {
	const { plane } = await setUp();
	const hello = plane.hellos[0]!;
	expect(hello).toMatchObject({ protocol: 1, runnerId: 'runner-1', capacity: 3, recv: { seq: 0 } });
	expect(hello.providers.map((one) => one.id)).toEqual(
		expect.arrayContaining(['shell', 'custom', 'scripted'])
	);
	expect(plane.upgrades[0]!.authorization).toBe('Bearer avr_runner-1_secret');
	expect(plane.upgrades[0]!['sec-websocket-protocol']).toBe('village-runner.v1');
	expect(plane.url).not.toContain('secret');
});

test('a session is accepted, prepared, started, typed into, and its end comes after all its bytes', async () => {
	const { plane, runner } = await setUp();
	const start = startFrame('s-1', { command: 'echo ready; read line; echo "got $line"; exit 7' });
	plane.send(start);
	await plane.next('session.accepted');
	const started = await plane.next('session.started');
	expect(started).toMatchObject({ sessionId: 's-1', attempt: 1, mode: 'pty', cols: 80, rows: 24 });
	await plane.see(start.streamId, 'ready');
	plane.type(start.streamId, 'hello\n');
	const exited = await plane.next('session.exited');
	expect(exited).toMatchObject({ code: 7, signal: null, worktreeDirty: false });
	expect(plane.text(start.streamId)).toContain('got hello');
	const final = exited.finalOffsets.find((one) => one.kind === KIND.terminal)!;
	expect(plane.bytes(start.streamId).length).toBe(final.offset);
	const work = plane.frames.filter((frame) => frame.t === 'session.work');
	expect(work.map((frame) => frame.event.n)).toEqual(work.map((_, i) => i + 1));
	expect(work.map((frame) => frame.event.text).join('\n')).toContain('got hello');
	expect(runner.notes).toEqual([]);
});

test('no variable of the runner reaches the child, but the session its own', async () => {
	const { plane, dataDir } = await setUp({
		env: {
			PATH: process.env.PATH,
			HOME: '/tmp',
			SHELL: '/bin/sh',
			LC_TIME: 'C',
			DATABASE_URL: 'postgres://secret',
			VILLAGE_SECRET: 'secret',
			VILLAGE_DATA_DIR: '/secret',
			NODE_OPTIONS: '--no-warnings',
			OPENAI_API_KEY: 'secret',
			AWS_SECRET_ACCESS_KEY: 'secret'
		}
	});
	const start = startFrame('s-env', { argv: ['env'], env: { MY_OWN: 'yes' } });
	plane.send(start);
	await plane.next('session.exited');
	const env = plane.text(start.streamId);
	expect(env).not.toContain('secret');
	const names = env
		.split('\r\n')
		.filter(Boolean)
		.map((line) => line.split('=')[0]!)
		// What the session host adds of its own is named in its start message.
		.filter((name) => !name.startsWith('VILLAGE_'))
		.sort();
	expect(names).toEqual(['HOME', 'LANG', 'LC_TIME', 'MY_OWN', 'PATH', 'SHELL', 'TERM'].sort());
	expect(env).toContain(`PATH=${join(dataDir, 'bin')}:`);
	expect(env).toContain('VILLAGE_SESSION_ID=s-env');
});

test.each([
	[{ providerId: 'nobody' }, 'no_provider', true],
	[{ command: null }, 'bad_spec', false],
	[{ command: 'true', env: { PATH: '/evil' } }, 'bad_spec', false],
	[{ command: 'true', env: { LD_PRELOAD: 'x' } }, 'bad_spec', false],
	[{ command: 'true', mode: 'structured' as const }, 'bad_spec', false],
	[{ command: 'true', repo: { url: 'file:///etc', branch: 'main' } }, 'bad_spec', false],
	[
		{ command: 'true', repo: { url: 'https://a.example/b', branch: '--upload-pack=x' } },
		'bad_spec',
		false
	],
	[{ command: 'true', local: { path: '/etc' } }, 'bad_spec', false],
	[{ command: 'true', versions: { custom: '9.9' } }, 'no_build', true],
	[{ providerId: 'scripted', scenario: { steps: [] } }, 'bad_spec', false]
])('a start with %j is rejected as %s', async (spec, code, retryable) => {
	const { plane } = await setUp();
	plane.send(startFrame('s-bad', spec));
	expect(await plane.next('session.rejected')).toMatchObject({
		sessionId: 's-bad',
		code,
		retryable
	});
	expect((await askStatus(plane)).sessions).toEqual([]);
});

async function askStatus(plane: { hellos: unknown[] }): Promise<{ sessions: string[] }> {
	await sleep(20);
	return { sessions: (plane.hellos.at(-1) as { sessions: string[] }).sessions };
}

test('the slots are counted, and a drained runner takes no new session but keeps what runs', async () => {
	const { plane } = await setUp({ slots: 1 });
	const first = startFrame('s-a', { command: 'read x' });
	plane.send(first);
	await plane.next('session.started');
	plane.send(startFrame('s-b', { command: 'true' }));
	expect(await plane.next('session.rejected')).toMatchObject({
		code: 'no_capacity',
		retryable: true
	});
	plane.send({ t: 'runner.drain' });
	plane.type(first.streamId, '\n');
	await plane.next('session.exited');
	plane.send(startFrame('s-c', { command: 'true' }));
	expect(await plane.next('session.rejected')).toMatchObject({
		sessionId: 's-c',
		code: 'no_capacity'
	});
	plane.send({ t: 'runner.activate' });
	plane.send(startFrame('s-d', { command: 'true' }));
	expect(await plane.next('session.exited')).toMatchObject({ sessionId: 's-d', code: 0 });
});

test('a repeated start starts nothing twice; an older attempt is stale, a newer one replaces', async () => {
	const { plane } = await setUp();
	const start = startFrame('s-1', { command: 'echo once; read x' }, { attempt: 2 });
	plane.send(start);
	const first = await plane.next('session.started');
	plane.send(start);
	await plane.next('session.accepted');
	await plane.next('session.accepted');
	expect((await plane.next('session.started')).pid).toBe(first.pid);
	plane.send({ ...start, attempt: 1, streamId: start.streamId + 1000 });
	expect(await plane.next('session.rejected')).toMatchObject({ code: 'stale', retryable: false });
	plane.send({ ...start, attempt: 3, streamId: start.streamId + 2000 });
	const newer = await plane.next('session.started', (frame) => frame.attempt === 3);
	expect(newer.pid).not.toBe(first.pid);
	await expectGone(first.pid);
});

async function expectGone(pid: number): Promise<void> {
	for (let turn = 0; turn < 200; turn++) {
		try {
			process.kill(pid, 0);
		} catch {
			return;
		}
		await sleep(20);
	}
	throw new Error(`process ${pid} lives`);
}

test('pause, resume, resize and stop are carried out and answered', async () => {
	const { plane } = await setUp();
	const start = startFrame('s-1', { command: 'while :; do sleep 0.05; done' });
	plane.send(start);
	const { pid } = await plane.next('session.started');
	const about = { sessionId: 's-1', attempt: 1 };
	plane.send({ t: 'session.pause', ...about, requestId: 'p1' });
	expect(await plane.next('session.paused')).toMatchObject({ requestId: 'p1', ok: true });
	plane.send({ t: 'session.resize', ...about, cols: 100, rows: 30 });
	plane.send({ t: 'session.resume', ...about, requestId: 'p2' });
	expect(await plane.next('session.resumed')).toMatchObject({ requestId: 'p2', ok: true });
	plane.send({ t: 'session.pause', sessionId: 'nobody', attempt: 1, requestId: 'p3' });
	expect(await plane.next('session.paused')).toMatchObject({ requestId: 'p3', ok: false });
	plane.send({ t: 'session.stop', ...about, cause: 'user', force: false });
	expect(await plane.next('session.exited')).toMatchObject({ sessionId: 's-1', stopCause: 'user' });
	await expectGone(pid);
	plane.send({ t: 'session.stop', sessionId: 'nobody', attempt: 1, cause: 'user', force: false });
	expect(await plane.next('session.exited')).toMatchObject({ sessionId: 'nobody', hostLost: true });
});

test('over cut connections every frame and every byte arrives once, and input is written once', async () => {
	const { plane } = await setUp();
	const lines = 3000;
	const start = startFrame('s-1', {
		command: `stty -echo; i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i of the output"; done; read a; read b; echo "[$a][$b]"`
	});
	plane.send(start);
	for (let turn = 0; turn < 8; turn++) {
		await sleep(25);
		plane.drop(turn % 2 === 0 ? 0 : 1012);
	}
	await plane.see(start.streamId, `line ${lines} of the output`);
	plane.type(start.streamId, 'one\n');
	plane.drop(0);
	plane.type(start.streamId, 'two\n');
	await plane.next('session.exited');
	expect(plane.text(start.streamId)).toContain('[one][two]');
	const wanted = Array.from({ length: lines }, (_, i) => `line ${i + 1} of the output\r\n`).join(
		''
	);
	expect(hash(plane.text(start.streamId).slice(0, wanted.length))).toBe(hash(wanted));
	expect(plane.frames.filter((frame) => frame.t === 'session.started').length).toBe(1);
	expect(plane.frames.filter((frame) => frame.t === 'session.exited').length).toBe(1);
	await expect.poll(() => plane.unacked).toBe(0);
	expect(plane.welcomes).toBeGreaterThan(2);
});

function hash(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

test('a restarted runner finds its sessions again: same process, same stream, nothing printed twice', async () => {
	const { plane, dataDir, runner } = await setUp();
	const start = startFrame('s-1', { command: 'echo before; read x; echo "after $x"; exit 3' });
	plane.send(start);
	const { pid } = await plane.next('session.started');
	await plane.see(start.streamId, 'before');
	await runner.stop();
	expect(await plane.next('runner.bye')).toMatchObject({ reason: 'shutdown' });
	startRunner(plane, dataDir);
	const hello = await plane.next('hello');
	expect(hello.bootId).not.toBe(plane.hellos[0]!.bootId);
	expect(hello.recv.seq).toBe(1);
	expect(hello.sessions).toMatchObject([{ sessionId: 's-1', attempt: 1, phase: 'live', pid }]);
	expect((await plane.next('session.started')).pid).toBe(pid);
	plane.type(start.streamId, 'restart\n');
	expect(await plane.next('session.exited')).toMatchObject({ code: 3 });
	expect(plane.text(start.streamId)).toMatch(/^before\r\n(?:restart\r\n)?after restart\r\n$/);
	const numbers = plane.frames.flatMap((frame) =>
		frame.t === 'session.work' ? [frame.event.n] : []
	);
	expect(new Set(numbers).size).toBe(numbers.length);
});

test('a session that ended while the runner was away is told with its exit and its bytes', async () => {
	const { plane, dataDir, runner } = await setUp();
	const start = startFrame('s-1', { command: 'sleep 0.4; echo late; exit 5' });
	plane.send(start);
	await plane.next('session.started');
	await runner.stop();
	await sleep(700);
	startRunner(plane, dataDir);
	const hello = await plane.next('hello');
	expect(hello.sessions).toMatchObject([{ phase: 'exited', exit: { code: 5 } }]);
	expect(await plane.next('session.exited')).toMatchObject({ code: 5 });
	expect(plane.text(start.streamId)).toBe('late\r\n');
});

test('a session whose host died is told as lost', async () => {
	const { plane, dataDir, host, runner } = await setUp();
	plane.send(startFrame('s-1', { command: 'read x' }));
	await plane.next('session.started');
	await runner.stop();
	await host.close();
	const { hostDir } = openStateDir(dataDir);
	for (const name of readdirSync(join(hostDir, 'sessions')))
		rmSync(join(hostDir, 'sessions', name), { recursive: true });
	await openHostFor(dataDir);
	startRunner(plane, dataDir);
	await plane.next('hello');
	expect(await plane.next('session.exited')).toMatchObject({ code: null, hostLost: true });
});

test('the verdicts of a welcome are carried out: stop, discard', async () => {
	const verdicts: Record<string, 'keep' | 'stop' | 'discard'> = {};
	const { plane, dataDir } = await setUp({ verdict: (held) => verdicts[held.sessionId] ?? 'keep' });
	plane.send(startFrame('s-stop', { command: 'read x' }));
	const first = await plane.next('session.started');
	plane.send(startFrame('s-drop', { command: 'read x' }));
	const second = await plane.next('session.started');
	verdicts['s-stop'] = 'stop';
	verdicts['s-drop'] = 'discard';
	plane.drop(0);
	expect(await plane.next('session.exited')).toMatchObject({
		sessionId: 's-stop',
		stopCause: 'superseded'
	});
	await expectGone(first.pid);
	await expectGone(second.pid);
	plane.send({ t: 'session.discard', sessionId: 's-stop', attempt: 1 });
	const dir = join(dataDir, 'sessions');
	for (let turn = 0; turn < 100 && readdirSync(dir).length > 0; turn++) await sleep(20);
	expect(readdirSync(dir)).toEqual([]);
	await expect.poll(() => readdirSync(join(dataDir, 'work', 'scratch'))).toEqual([]);
});

test('told to stop its sessions at the end, a runner leaves no process behind', async () => {
	const { plane, runner } = await setUp({ stopSessions: () => true });
	plane.send(startFrame('s-1', { command: 'trap "" INT TERM; while :; do sleep 0.05; done' }));
	const { pid } = await plane.next('session.started');
	expect((await runner.stop()).exitCode).toBe(0);
	await expectGone(pid);
	expect(await plane.next('session.exited')).toMatchObject({ sessionId: 's-1' });
});

test('CPU time of a session is told as a growing total', async () => {
	const { plane } = await setUp();
	plane.send(startFrame('s-1', { command: 'while :; do :; done' }));
	const first = await plane.next('session.usage');
	const second = await plane.next('session.usage');
	expect(second.totals.cpuMs!).toBeGreaterThan(first.totals.cpuMs!);
	expect(second.totals.costUsd).toBeNull();
});

test('a session host that dies while the runner is connected is replaced, and its session is told as lost', async () => {
	const { plane, dataDir, host } = await setUp();
	const start = startFrame('s-1', { command: 'echo kept; read x' });
	plane.send(start);
	await plane.see(start.streamId, 'kept');
	await host.close();
	await openHostFor(dataDir);
	expect(await plane.next('session.exited')).toMatchObject({ sessionId: 's-1' });
	expect(plane.text(start.streamId)).toBe('kept\r\n');
	expect(plane.frames.filter((frame) => frame.t === 'stream.gap')).toEqual([]);
	plane.send(startFrame('s-2', { command: 'exit 4' }));
	expect(await plane.next('session.exited')).toMatchObject({ sessionId: 's-2', code: 4 });
});

test('what a session has changed is answered while it runs, and after its end as long as it holds something', async () => {
	const shop = makeRepository({ 'a.txt': 'a\n' });
	const { plane } = await setUp({ allowLocal: [shop.dir] });
	const start = startFrame('s-diff', {
		local: { path: shop.dir },
		command: 'echo b > a.txt; echo new > b.txt; echo ready; read line'
	});
	plane.send(start);
	const started = await plane.next('session.started');
	expect(started.headSha).toBe(shop.head);
	await plane.see(start.streamId, 'ready');
	const ref = { sessionId: 's-diff', attempt: 1 };
	plane.raw(JSON.stringify({ t: 'diff_ask', requestId: 'r-1', ...ref }));
	const told = await plane.next('diff_told');
	expect(told).toMatchObject({
		requestId: 'r-1',
		diff: { base: shop.head, branch: 'village/s-diff' }
	});
	expect(told.diff?.files.map((file) => file.path)).toEqual(['a.txt', 'b.txt']);
	plane.raw(JSON.stringify({ t: 'patch_ask', requestId: 'r-2', ...ref, path: 'a.txt' }));
	expect((await plane.next('patch_told')).patch?.text).toContain('-a\n+b\n');
	plane.type(start.streamId, '\n');
	await plane.next('session.exited');
	plane.send({ t: 'session.discard', ...ref });
	const asked = { t: 'workspace_ask', ...ref };
	// Its session is over, and what it changed is nowhere else.
	await expect
		.poll(async () => {
			plane.raw(JSON.stringify({ ...asked, requestId: 'r-3', do: 'look' }));
			return (await plane.next('workspace_told')).holdings;
		})
		.toMatchObject({ kept: true, uncommitted: 2 });
	plane.raw(JSON.stringify({ t: 'diff_ask', requestId: 'r-4', ...ref }));
	expect((await plane.next('diff_told')).diff?.files).toHaveLength(2);
	plane.raw(JSON.stringify({ ...asked, requestId: 'r-5', do: 'remove' }));
	expect((await plane.next('workspace_told')).fault).toMatchObject({ code: 'holds_work' });
	plane.raw(JSON.stringify({ ...asked, requestId: 'r-6', do: 'remove', discard: true }));
	const { patch } = await plane.next('workspace_told');
	expect(readFileSync(patch!.path, 'utf8')).toContain('+new');
	plane.raw(JSON.stringify({ t: 'diff_ask', requestId: 'r-7', ...ref }));
	expect((await plane.next('diff_told')).fault).toMatchObject({ code: 'gone' });
});
