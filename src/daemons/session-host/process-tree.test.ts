import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { HostStart } from '#protocol/host/start.ts';
import { openProcessTable, parsePsLine } from './processes.ts';
import { connectRunner, openTestHost, startOf } from './testing/host.ts';
import type { TestRunner } from './testing/host.ts';
import { createTree } from './tree.ts';

const table = openProcessTable();
const alive = (pid: number): boolean => table.find(pid)?.dead === false;
const stopped = (pid: number): boolean => table.find(pid)?.stopped === true;

// A root, a job in a process group of its own, a setsid child, and one that called setsid and forked
// twice, so that nothing but its environment says whose it is. Each prints its pid.
const TREE = `
	trap '' INT TERM HUP
	echo "pid $$;"
	sh -c 'trap "" INT TERM HUP; echo "pid $$;"; while :; do sleep 0.1; done' &
	setsid sh -c 'trap "" INT TERM HUP; echo "pid $$;"; while :; do sleep 0.1; done' &
	(setsid sh -c '(trap "" INT TERM HUP; exec sh -c "echo \\"pid \\$\\$;\\"; while :; do sleep 0.1; done") & exit' &)
	while :; do sleep 0.1; done`;

async function startTree(runner: TestRunner, more: Partial<HostStart> = {}) {
	const start = startOf(TREE, more);
	runner.client.send(start);
	const read = () =>
		[...runner.text(start.streamId).matchAll(/pid (\d+);/g)].map((match) => Number(match[1]));
	await expect.poll(() => read().length, { timeout: 10_000 }).toBe(4);
	const { sessionId, attempt } = start;
	return { start, ref: { sessionId, attempt }, pids: read() };
}

test('pause suspends every process of the tree, and resume lets them run', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const { ref, pids } = await startTree(runner);
	runner.client.send({ t: 'pause', ...ref, requestId: 'p1' });
	expect(await runner.next('paused')).toMatchObject({
		ok: true,
		requestId: 'p1',
		method: 'signal'
	});
	expect(pids.filter((pid) => !stopped(pid))).toEqual([]);
	const ticks = () => pids.map((pid) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[13]);
	const before = ticks();
	runner.client.send({ t: 'resize', ...ref, cols: 100, rows: 30 });
	await sleep(250);
	expect(ticks()).toEqual(before);
	const other = await connectRunner(socketPath);
	expect(other.client.welcome.sessions[0]).toMatchObject({ phase: 'paused', cols: 100 });
	other.client.send({ t: 'resume', ...ref, requestId: 'r1' });
	expect(await other.next('resumed')).toMatchObject({ ok: true, requestId: 'r1' });
	expect(pids.filter(stopped)).toEqual([]);
});

test('stop ends the whole tree, children that called setsid too, though all ignore every gentle signal', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const { ref, pids } = await startTree(runner);
	runner.client.send({ t: 'stop', ...ref, cause: 'user', force: false });
	const exited = await runner.next('exited');
	expect(exited).toMatchObject({ code: null, signal: 'SIGKILL', stopCause: 'user' });
	expect(pids.filter(alive)).toEqual([]);
});

test('force kills at once, a paused tree too', async () => {
	const { socketPath } = await openTestHost({ stopTimes: { termMs: 60_000, killMs: 60_000 } });
	const runner = await connectRunner(socketPath);
	const { ref, pids } = await startTree(runner);
	runner.client.send({ t: 'pause', ...ref, requestId: 'p' });
	await runner.next('paused');
	runner.client.send({ t: 'stop', ...ref, cause: 'policy', force: false });
	runner.client.send({ t: 'stop', ...ref, cause: 'user', force: true });
	expect(await runner.next('exited', 3000)).toMatchObject({
		signal: 'SIGKILL',
		stopCause: 'policy'
	});
	expect(pids.filter(alive)).toEqual([]);
});

test('a stop begins with ^C, and whoever heeds it ends in peace', async () => {
	const { socketPath } = await openTestHost({ stopTimes: { termMs: 60_000, killMs: 60_000 } });
	const runner = await connectRunner(socketPath);
	for (const mode of ['pty', 'pipes'] as const) {
		const start = startOf(
			[
				process.execPath,
				'-e',
				`process.on('SIGINT',()=>{console.log('bye');process.exit(5)});console.log('up');setInterval(()=>{},1e3)`
			],
			{ mode }
		);
		const { sessionId, attempt, streamId } = start;
		runner.client.send(start);
		await runner.see(streamId, 'up', mode === 'pty' ? 1 : 3);
		runner.client.send({ t: 'stop', sessionId, attempt, cause: 'user', force: false });
		expect(await runner.next('exited')).toMatchObject({ code: 5, signal: null, stopCause: 'user' });
		await runner.see(streamId, 'bye', mode === 'pty' ? 1 : 3);
	}
});

test('an interactive shell, which ignores SIGTERM, is hung up on', async () => {
	const { socketPath } = await openTestHost({ stopTimes: { termMs: 100, killMs: 60_000 } });
	const runner = await connectRunner(socketPath);
	const start = startOf(['bash', '--norc', '-i']);
	start.env.PS1 = 'ready>';
	const { sessionId, attempt } = start;
	runner.client.send(start);
	await runner.see(start.streamId, 'ready>');
	runner.client.send({ t: 'stop', sessionId, attempt, cause: 'user', force: false });
	expect(await runner.next('exited')).toMatchObject({ signal: 'SIGHUP', stopCause: 'user' });
});

test('SIGTERM reaches a paused tree', async () => {
	const { socketPath } = await openTestHost({ stopTimes: { termMs: 100, killMs: 60_000 } });
	const runner = await connectRunner(socketPath);
	const start = startOf(
		`trap '' INT; trap 'echo term; exit 9' TERM; echo up; while :; do sleep 0.05; done`
	);
	const { sessionId, attempt } = start;
	runner.client.send(start);
	await runner.see(start.streamId, 'up');
	runner.client.send({ t: 'pause', sessionId, attempt, requestId: 'p' });
	await runner.next('paused');
	runner.client.send({ t: 'stop', sessionId, attempt, cause: 'user', force: false });
	expect(await runner.next('exited')).toMatchObject({ code: 9 });
	await runner.see(start.streamId, 'term');
});

test('what a session leaves behind when it exits by itself is ended before the exit is told', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf(
		`setsid sh -c 'trap "" HUP TERM; echo "pid $$;"; while :; do sleep 0.1; done' & sleep 0.3; exit 4`
	);
	runner.client.send(start);
	const exited = await runner.next('exited');
	expect(exited).toMatchObject({ code: 4, signal: null });
	expect(exited.stopCause).toBeUndefined();
	const pid = Number(/pid (\d+);/.exec(await runner.see(start.streamId, ';'))?.[1]);
	expect(alive(pid)).toBe(false);
});

test('the host ends a session at its deadline, paused time not counted', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('sleep 60', { timeoutMs: 700 });
	const { sessionId, attempt } = start;
	const begin = Date.now();
	runner.client.send(start);
	runner.client.send({ t: 'pause', sessionId, attempt, requestId: 'p' });
	await runner.next('paused');
	await sleep(1000);
	expect(runner.told.some((one) => one.t === 'exited')).toBe(false);
	runner.client.send({ t: 'resume', sessionId, attempt, requestId: 'r' });
	expect(await runner.next('exited')).toMatchObject({ stopCause: 'timeout' });
	expect(Date.now() - begin).toBeGreaterThan(1600);
});

test('a lease that nobody renews ends the session', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('sleep 60', { leaseMs: 600 });
	const { sessionId, attempt } = start;
	runner.client.send(start);
	for (let count = 0; count < 6; count += 1) {
		await sleep(200);
		runner.client.send({ t: 'lease', sessions: [{ sessionId, attempt }] });
	}
	expect(runner.told.some((one) => one.t === 'exited')).toBe(false);
	expect(await runner.next('exited')).toMatchObject({ stopCause: 'lease' });
});

test('nothing outside the tree is a member: not init, not ourselves, not a pid with a new owner', async () => {
	for (const root of [
		{ pid: 1, startTime: table.find(1)?.startTime ?? '' },
		{ pid: process.pid, startTime: 'another start' }
	]) {
		const tree = createTree({ table, root, marks: ['VILLAGE_SESSION_ID=nobody', 'X=1'] });
		const members = await tree.members();
		expect(members.map((one) => one.pid)).not.toContain(1);
		expect(members.map((one) => one.pid)).not.toContain(process.pid);
		if (root.pid === process.pid) expect(members).toEqual([]);
	}
});

test('the fallback reads what ps prints', () => {
	expect(parsePsLine('  501   1 501 Ss   Thu Nov 20 10:00:00 2026')).toEqual({
		pid: 501,
		parent: 1,
		session: 501,
		startTime: 'Thu Nov 20 10:00:00 2026',
		stopped: false,
		dead: false
	});
	expect(parsePsLine('77 1 0xffff T+ Thu Nov 20 10:00:00 2026')).toMatchObject({
		session: 0,
		stopped: true
	});
	expect(parsePsLine('')).toBeNull();
});
