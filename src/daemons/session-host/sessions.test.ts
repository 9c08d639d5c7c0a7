import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connectRunner, openTestHost, startOf } from './testing/host.ts';

const key = (text: string) => Buffer.from(text);

test('a command in a terminal is typed to, resized, and ends with its exit code', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf(
		`trap 'echo size $(stty size)' WINCH; stty size; tty; read a; echo "got $a"; while :; do read b && [ "$b" = q ] && exit 7; done`
	);
	runner.client.send(start);
	expect(await runner.next('started')).toMatchObject({ streamId: start.streamId, attempt: 1 });
	await runner.see(start.streamId, '24 80');
	await runner.see(start.streamId, '/dev/pts/');
	runner.client.input(start.streamId, 0, key('hello\n'));
	await runner.see(start.streamId, 'got hello');
	const { sessionId, attempt } = start;
	// The same size again signals nothing, a new one once.
	runner.client.send({ t: 'resize', sessionId, attempt, cols: 80, rows: 24 });
	runner.client.send({ t: 'resize', sessionId, attempt, cols: 132, rows: 43 });
	runner.client.send({ t: 'resize', sessionId, attempt, cols: 132, rows: 43 });
	await sleep(100);
	runner.client.input(start.streamId, 6, key('x\n'));
	await runner.see(start.streamId, 'size 43 132');
	// Repeated input is written once.
	runner.client.input(start.streamId, 6, key('x\nq\n'));
	expect(await runner.next('exited')).toMatchObject({ code: 7, signal: null });
	const text = runner.text(start.streamId);
	expect(text.match(/size/g)).toHaveLength(1);
	expect(text.match(/^x/gm)).toHaveLength(1);
	const sizes = runner.marks(start.streamId).filter((mark) => mark.type === 'resize');
	expect(sizes.map(({ cols, rows }) => [cols, rows])).toEqual([
		[80, 24],
		[132, 43]
	]);
});

test('time marks follow the output and end with it', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('for i in 1 2 3 4; do echo $i; sleep 0.05; done');
	const before = Date.now();
	runner.client.send(start);
	const exited = await runner.next('exited');
	const final = (kind: number) => exited.finalOffsets.find((one) => one.kind === kind)?.offset;
	await expect.poll(() => runner.bytes(start.streamId, 4).length).toBe(final(4));
	const times = runner.marks(start.streamId).filter((mark) => mark.type === 'time');
	expect(times.map((mark) => mark.offset)).toEqual([0, 3, 6, 9]);
	expect(final(1)).toBe(12);
	for (const [index, mark] of times.entries()) {
		expect(mark.at - before).toBeGreaterThanOrEqual(index * 45);
		expect(mark.at - before).toBeLessThan(5000);
	}
});

test('the child gets the environment it was given and where to ask, nothing of the host', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	process.env.HOST_SECRET = 'never';
	const start = startOf(['env'], { env: { PATH: process.env.PATH ?? '', ONLY: 'this' } });
	runner.client.send(start);
	await runner.next('exited');
	await runner.see(start.streamId, 'ONLY=this');
	delete process.env.HOST_SECRET;
	const names = runner.text(start.streamId).match(/^[A-Z_]+(?==)/gm);
	expect(names?.sort()).toEqual([
		'ONLY',
		'PATH',
		'VILLAGE_ASK_SOCKET',
		'VILLAGE_ASK_TOKEN',
		'VILLAGE_SESSION_ID',
		'VILLAGE_SESSION_MARK'
	]);
});

test('on pipes, stdout, stderr and a rendered transcript are streams of their own', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('while read l; do echo "out $l"; echo "err $l" >&2; done; echo eof', {
		mode: 'pipes'
	});
	const { sessionId, attempt, streamId } = start;
	runner.client.send(start);
	runner.client.input(streamId, 0, key('one\n'));
	await runner.see(streamId, 'out one\n', 3);
	await runner.see(streamId, 'err one\n', 2);
	runner.client.transcript(streamId, 0, key('rendered '));
	runner.client.transcript(streamId, 5, key('red twice'));
	runner.client.transcript(streamId, 99, key('too far'));
	await runner.see(streamId, 'rendered twice', 1);
	expect(await runner.next('nack')).toMatchObject({ kind: 1, offset: 14, reason: 'gap' });
	runner.client.send({ t: 'input_end', sessionId, attempt });
	expect(await runner.next('exited')).toMatchObject({ code: 0 });
	await runner.see(streamId, 'eof', 3);
	expect(runner.marks(streamId).map((mark) => mark.offset)).toEqual([0, 0, 9]);
});

test('what cannot be started says why and leaves nothing', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	for (const [more, code] of [
		[{ cwd: '/does/not/exist' }, 'bad_spec'],
		[{ argv: ['no-such-program-here'] }, 'spawn_failed'],
		[{ argv: [tmpdir()] }, 'spawn_failed'],
		[{ mode: 'pipes', argv: ['/etc/passwd'] }, 'spawn_failed']
	] as const) {
		runner.client.send(
			startOf('true', { ...more, argv: [...('argv' in more ? more.argv : ['sh'])] })
		);
		expect(await runner.next('start_failed')).toMatchObject({ code });
	}
	const again = await connectRunner(socketPath);
	expect(again.client.welcome.sessions).toEqual([]);
});

test('a repeated start starts nothing, an older attempt is refused', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('sleep 60', { attempt: 2 });
	runner.client.send(start);
	const first = await runner.next('started');
	runner.client.send(start);
	expect((await runner.next('started')).pid).toBe(first.pid);
	runner.client.send({ ...start, attempt: 1, streamId: 7 });
	expect(await runner.next('start_failed')).toMatchObject({ code: 'stale' });
});

test('an ended session is told to the next runner, until it is discarded', async () => {
	const { socketPath } = await openTestHost();
	const first = await connectRunner(socketPath);
	const start = startOf('echo bye; exit 3');
	const { sessionId, attempt, streamId } = start;
	first.client.send(start);
	await first.next('exited');
	first.client.close();
	const second = await connectRunner(socketPath);
	expect(second.client.welcome.sessions).toMatchObject([
		{
			sessionId,
			phase: 'exited',
			exit: { code: 3, signal: null },
			streams: [{ kind: 1, end: 5 }, { kind: 3, end: 0 }, { kind: 4 }]
		}
	]);
	second.client.send({ t: 'follow', streams: [{ streamId, kind: 1, offset: 0 }] });
	await second.see(streamId, 'bye');
	second.client.send({ t: 'discard', sessionId, attempt });
	await second.next('discarded');
	const third = await connectRunner(socketPath);
	expect(third.client.welcome.sessions).toEqual([]);
	expect(await second.closed).toBe('REPLACED');
});

test('a full spool stops the process, and nothing is dropped', async () => {
	const { socketPath } = await openTestHost({
		spool: { limit: 300_000, segmentBytes: 50_000, keepBytes: 50_000 },
		windows: { streamBytes: 20_000 }
	});
	const silent = await connectRunner(socketPath, { ack: false });
	const start = startOf('seq 1 200000 | tr "\\n" " "; sleep 0.1');
	silent.client.send(start);
	await silent.next('started');
	await sleep(700);
	const stats = async () => {
		silent.client.send({ t: 'stats', requestId: 'r' });
		return (await silent.next('stats_reply')).spoolBytes;
	};
	const full = await stats();
	expect(full).toBeGreaterThan(290_000);
	expect(full).toBeLessThan(500_000);
	await sleep(200);
	expect(await stats()).toBe(full);
	silent.client.close();
	const runner = await connectRunner(socketPath);
	const streams = ([1, 4] as const).map((kind) => ({ streamId: start.streamId, kind, offset: 0 }));
	runner.client.send({ t: 'follow', streams });
	await runner.next('exited');
	const wanted = Array.from({ length: 200_000 }, (_, index) => `${index + 1} `).join('');
	await expect.poll(() => runner.bytes(start.streamId).length).toBe(wanted.length);
	expect(runner.text(start.streamId)).toBe(wanted);
});

test('a session that floods does not delay the echo of another', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const flood = startOf('yes');
	const echo = startOf('stty raw -echo; printf ready; cat');
	runner.client.send(flood);
	runner.client.send(echo);
	await runner.see(echo.streamId, 'ready');
	const took: number[] = [];
	for (let count = 0; count < 40; count += 1) {
		const begin = performance.now();
		const want = 'ready'.length + count + 1;
		runner.client.input(echo.streamId, count, key('k'));
		while (runner.bytes(echo.streamId).length < want) await sleep(1);
		took.push(performance.now() - begin);
	}
	took.sort((a, b) => a - b);
	// The bound is far above what is measured, and far below a flood in the way (seconds).
	expect(took[20]).toBeLessThan(100);
	runner.client.send({
		t: 'stop',
		sessionId: flood.sessionId,
		attempt: 1,
		cause: 'user',
		force: true
	});
	await runner.next('exited');
});

test('after unfollow nothing is sent; follow goes on from the offset named', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('echo first; read x; echo second; read y');
	const { streamId } = start;
	runner.client.send(start);
	await runner.see(streamId, 'first\r\n');
	runner.client.send({ t: 'unfollow' });
	runner.client.input(streamId, 0, key('\n'));
	await runner.next('input_ack');
	await sleep(100);
	expect(runner.text(streamId)).toBe('first\r\n');
	runner.client.send({ t: 'follow', streams: [{ streamId, kind: 1, offset: 7 }] });
	await runner.see(streamId, 'second');
	runner.client.send({ t: 'follow', streams: [{ streamId: 1, kind: 1, offset: 0 }] });
	expect(await runner.next('error')).toMatchObject({ code: 'UNKNOWN_STREAM' });
});

test('what the spool no longer has is declared as a gap', async () => {
	const { socketPath } = await openTestHost({ spool: { segmentBytes: 10_000, keepBytes: 10_000 } });
	const runner = await connectRunner(socketPath);
	const start = startOf('seq 1 20000; read x');
	const { streamId } = start;
	runner.client.send(start);
	await runner.see(streamId, '20000');
	runner.client.close();
	const next = await connectRunner(socketPath, { ack: false }).catch(() => undefined);
	const from = next?.client.welcome.sessions[0]?.streams.find((one) => one.kind === 1)?.start ?? 0;
	expect(from).toBeGreaterThan(50_000);
	next?.client.send({ t: 'follow', streams: [{ streamId, kind: 1, offset: 10 }] });
	expect(await next?.next('gap')).toMatchObject({ streamId, kind: 1, from: 10, to: from });
});
