import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { HostUnreachableError, connectHost } from './client.ts';
import { ensureHost } from './ensure.ts';
import { HostLockedError } from './lock.ts';
import { runSessionHost } from './main.ts';
import { openProcessTable } from './processes.ts';
import { bundle } from './testing/bundle.ts';
import { connectRunner, makeFolder, openTestHost, sha256, startOf } from './testing/host.ts';

const table = openProcessTable();
const alive = (pid: number): boolean => table.find(pid)?.dead === false;

const hostProgram = bundle(
	'host',
	`import { serveSessionHost } from '#daemons/session-host/serve.ts';
		const [dir, socketPath] = process.argv.slice(2);
		process.exitCode = await serveSessionHost({ dir, socketPath, stopTimes: { termMs: 200, killMs: 400, leftoverMs: 200 } });`
);
const runnerProgram = bundle(
	'runner',
	`import { connectHost } from '#daemons/session-host/client.ts';
		import { ensureHost } from '#daemons/session-host/ensure.ts';
		const [dir, socketPath, hostProgram, start] = process.argv.slice(2);
		const { started } = await ensureHost({ dir, socketPath, spawn: [process.execPath, hostProgram, dir, socketPath] });
		const client = await connectHost({ socketPath, onFrame() {}, onClose() {}, onMessage: (message) => console.log(message.t, started) });
		if (start) client.send(JSON.parse(start));`
);

/** A host as a process of its own, ended after the test. */
async function ensureTestHost(dir: string) {
	const socketPath = join(dir, 'h.sock');
	const command = [process.execPath, hostProgram(), dir, socketPath];
	const result = await ensureHost({ dir, socketPath, spawn: command });
	onTestFinished(async () => {
		if (result.pid === undefined || !alive(result.pid)) return;
		process.kill(result.pid, 'SIGTERM');
		await expect.poll(() => alive(result.pid ?? 0), { timeout: 5000 }).toBe(false);
	});
	return { ...result, socketPath };
}

test('a runner that is killed 20 times at 5 MB/s loses no byte and sees none twice', async () => {
	const { dir, socketPath } = await openTestHost();
	const log = join(dir, 'child.log');
	const start = startOf([
		process.execPath,
		'-e',
		`const fs=require('fs');const log=fs.openSync(${JSON.stringify(log)},'w');let n=0;
		const put=(b)=>{let i=0;while(i<b.length){try{i+=fs.writeSync(1,b,i)}catch(e){if(e.code!=='EAGAIN')throw e}}fs.writeSync(log,b)};
		let total=0;
		const step=()=>{let s='';while(s.length<50000)s+=(n++)+' '+Math.random()+' ';put(Buffer.from(s));total+=s.length;total<12e6?setTimeout(step,9):put(Buffer.from('END'))};step()`
	]);
	const { streamId } = start;
	const kept = new Map<string, Buffer[]>();
	let runner = await connectRunner(socketPath, { from: kept });
	runner.client.send(start);
	await runner.next('started');
	for (let kill = 0; kill < 20; kill += 1) {
		await sleep(20 + Math.random() * 250);
		runner.client.close();
		runner = await connectRunner(socketPath, { from: kept });
		const offset = runner.bytes(streamId).length;
		const marks = runner.bytes(streamId, 4).length;
		const streams = [
			{ streamId, kind: 1 as const, offset },
			{ streamId, kind: 4 as const, offset: marks }
		];
		runner.client.send({ t: 'follow', streams });
	}
	const known = runner.client.welcome.sessions[0];
	if (!known?.exit) await runner.next('exited', 40_000);
	const own = readFileSync(log);
	expect(own.length).toBeGreaterThan(12_000_000);
	await expect.poll(() => runner.bytes(streamId).length, { timeout: 20_000 }).toBe(own.length);
	expect(sha256(runner.bytes(streamId))).toBe(sha256(own));
	const offsets = runner.marks(streamId).map((mark) => mark.offset);
	expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
}, 90_000);

test('a host outlives the runner that started it, and the session with it', async () => {
	const dir = makeFolder();
	const socketPath = join(dir, 'h.sock');
	const start = startOf('echo up; read x; echo "got $x"; sleep 60');
	const runner = spawn(
		process.execPath,
		[runnerProgram(), dir, socketPath, hostProgram(), JSON.stringify(start)],
		{
			stdio: ['ignore', 'pipe', 'inherit']
		}
	);
	await new Promise<void>((resolve) =>
		runner.stdout.on('data', (text) => String(text).includes('started true') && resolve())
	);
	runner.kill('SIGKILL');
	await new Promise((resolve) => runner.on('exit', resolve));
	const { started } = await ensureTestHost(dir);
	expect(started).toBe(false);
	const next = await connectRunner(socketPath);
	expect(next.client.welcome.sessions).toMatchObject([
		{ sessionId: start.sessionId, phase: 'live' }
	]);
	next.client.send({ t: 'follow', streams: [{ streamId: start.streamId, kind: 1, offset: 0 }] });
	next.client.input(start.streamId, 0, Buffer.from('me\n'));
	await next.see(start.streamId, 'got me');
	expect(table.find(next.client.welcome.pid)?.session).toBe(next.client.welcome.pid);
	process.kill(next.client.welcome.pid, 'SIGTERM');
	expect(await next.next('exited')).toMatchObject({ stopCause: 'drain' });
	await expect.poll(() => alive(next.client.welcome.pid)).toBe(false);
	expect(existsSync(socketPath)).toBe(false);
});

test('after a host was killed the next one ends what it left and still has its output', async () => {
	const dir = makeFolder();
	const first = await ensureTestHost(dir);
	expect(first.started).toBe(true);
	const runner = await connectRunner(first.socketPath);
	const start = startOf(
		`setsid sh -c 'trap "" HUP TERM; echo "pid $$;"; while :; do sleep 0.1; done' & trap '' HUP TERM; echo "pid $$;"; while :; do sleep 0.1; done`
	);
	const ended = startOf('echo done; exit 6');
	runner.client.send(start);
	runner.client.send(ended);
	expect(await runner.next('exited')).toMatchObject({ sessionId: ended.sessionId });
	const pids = () =>
		[...runner.text(start.streamId).matchAll(/pid (\d+);/g)].map((match) => Number(match[1]));
	await expect.poll(() => pids().length).toBe(2);
	process.kill(first.pid ?? 0, 'SIGKILL');
	expect(await runner.closed).toBe('CLOSED');
	expect(pids().filter(alive)).toHaveLength(2);

	const second = await ensureTestHost(dir);
	expect(second.started).toBe(true);
	const next = await connectRunner(second.socketPath);
	const told = next.client.welcome.sessions;
	expect(told.find((one) => one.sessionId === start.sessionId)).toMatchObject({ phase: 'lost' });
	expect(told.find((one) => one.sessionId === ended.sessionId)).toMatchObject({
		phase: 'exited',
		exit: { code: 6 }
	});
	const streams = [{ streamId: start.streamId, kind: 1 as const, offset: 0 }];
	next.client.send({ t: 'follow', streams });
	await next.see(start.streamId, runner.text(start.streamId));
	await expect.poll(() => pids().filter(alive), { timeout: 5000 }).toEqual([]);
	for (const { sessionId, attempt } of told) {
		next.client.send({ t: 'discard', sessionId, attempt });
		await next.next('discarded');
	}
	expect((await connectRunner(second.socketPath)).client.welcome.sessions).toEqual([]);
});

test('a second host on a folder is refused, and the first one does not notice', async () => {
	const { dir, socketPath } = await openTestHost();
	await expect(runSessionHost({ dir, socketPath })).rejects.toThrow(HostLockedError);
	await connectRunner(socketPath);
});

test('a drained host takes no new session and ends when the last one is discarded', async () => {
	const { host, socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('read x');
	runner.client.send(start);
	await runner.next('started');
	runner.client.send({ t: 'drain' });
	runner.client.send(startOf('true'));
	expect(await runner.next('start_failed')).toMatchObject({ code: 'draining' });
	runner.client.input(start.streamId, 0, Buffer.from('\n'));
	await runner.next('exited');
	runner.client.send({ t: 'discard', sessionId: start.sessionId, attempt: 1 });
	await host.closed;
	expect(existsSync(socketPath)).toBe(false);
});

test('a host nobody needs ends by itself, one with a session or a runner does not', async () => {
	const { host, socketPath } = await openTestHost({ idleExitMs: 300 });
	let ended = false;
	void host.closed.then(() => (ended = true));
	const runner = await connectRunner(socketPath);
	await sleep(800);
	const start = startOf('sleep 1');
	runner.client.send(start);
	await runner.next('started');
	runner.client.close();
	await sleep(700);
	expect(ended).toBe(false);
	await host.closed;
});

test('a socket that is accepted and answered by nobody is no host', async () => {
	const dir = makeFolder();
	const socketPath = join(dir, 'h.sock');
	// As the system does for a process that was just killed.
	const dying = createServer((socket) => socket.destroy());
	await new Promise<void>((resolve) => dying.listen(socketPath, resolve));
	onTestFinished(() => void dying.close());
	await expect(ensureHost({ dir, socketPath, spawn: ['/bin/false'] })).rejects.toThrow(
		HostUnreachableError
	);
});

test('nobody there, and a program that is no host, are said as such', async () => {
	const dir = makeFolder();
	const socketPath = join(dir, 'h.sock');
	const nothing = { onMessage() {}, onFrame() {}, onClose() {} };
	await expect(connectHost({ socketPath, ...nothing })).rejects.toMatchObject({ code: 'NO_HOST' });
	await expect(ensureHost({ dir, socketPath, spawn: ['/bin/false'] })).rejects.toThrow(
		HostUnreachableError
	);
});
