import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { askRunner } from './control.ts';
import { openStateDir } from './state-dir.ts';
import { openControlPlane } from './testing/control-plane.ts';
import { makeFolder, openHostFor, setUp, startFrame, startRunner } from './testing/runner.ts';

test('frames of the server that cannot be read are answered, counted, and change nothing', async () => {
	const { plane } = await setUp();
	plane.raw('{"t":"session.start","seq":1,"sessionId":"../x"}');
	plane.raw('{"t":"made.up","seq":2}');
	plane.raw('not json');
	plane.raw(new Uint8Array(5));
	plane.raw(Buffer.concat([Buffer.from([0x10, 0, 0, 9, 9]), Buffer.alloc(9)]));
	plane.raw(
		'{"t":"session.stop","seq":9,"sessionId":"s","attempt":1,"cause":"user","force":false}'
	);
	await sleep(150);
	expect(plane.complaints.map((one) => one.code)).toEqual([
		'BAD_FRAME',
		'UNKNOWN_FRAME',
		'BAD_FRAME',
		'BAD_FRAME',
		'BAD_FRAME'
	]);
	expect(plane.frames.filter((frame) => frame.t === 'session.exited')).toEqual([]);
	// The two bad reliable frames counted: the next number is 3.
	plane.raw(
		'{"t":"session.stop","seq":3,"sessionId":"s","attempt":1,"cause":"user","force":false,"newer":1}'
	);
	expect(await plane.next('session.exited')).toMatchObject({ sessionId: 's' });
});

test('an oversized frame ends the connection and nothing else', async () => {
	const { plane } = await setUp();
	plane.send(startFrame('s-1', { command: 'read x' }));
	const { pid } = await plane.next('session.started');
	plane.raw(`{"t":"ack","seq":0,"pad":"${'x'.repeat(1_100_000)}"}`);
	const hello = await plane.next('hello');
	expect(hello.sessions).toMatchObject([{ sessionId: 's-1', phase: 'live', pid }]);
});

test.each([
	[4401, 'credential'],
	[4403, 'removed'],
	[4406, 'protocol']
])('after a close with %i the runner ends with exit code 4 and says why', async (code, word) => {
	const { plane, runner } = await setUp();
	plane.drop(code);
	const end = await runner.ended;
	expect(end.exitCode).toBe(4);
	expect(end.reason).toContain(word);
});

test('a revoked credential is refused before the upgrade, with the same end', async () => {
	const plane = await openControlPlane({ refuse: () => 401 });
	const dataDir = makeFolder();
	await openHostFor(dataDir);
	expect((await startRunner(plane, dataDir).ended).exitCode).toBe(4);
});

test('a server that is busy or gone is tried again until it answers', async () => {
	let refusals = 3;
	const plane = await openControlPlane({ refuse: () => (refusals-- > 0 ? 503 : null) });
	const dataDir = makeFolder();
	await openHostFor(dataDir);
	startRunner(plane, dataDir);
	await plane.next('hello');
	expect(plane.upgrades.length).toBe(4);
});

test('a server that does not answer heartbeats is left, and found again', async () => {
	let answers = true;
	const { plane } = await setUp({
		answers: () => answers,
		timings: { heartbeatMs: 20, heartbeatTimeoutMs: 100, backoffBaseMs: 10, backoffCapMs: 20 }
	});
	const beat = await plane.next('heartbeat');
	for (const figure of Object.values(beat.load)) {
		expect(figure).toBeGreaterThanOrEqual(0);
		expect(figure).toBeLessThanOrEqual(100);
	}
	answers = false;
	await plane.next('hello');
	answers = true;
	expect(plane.welcomes).toBeGreaterThan(1);
});

test('a second runner in the same folder ends with exit code 3 and touches nothing', async () => {
	const { plane, dataDir, runner } = await setUp();
	const second = startRunner(plane, dataDir);
	expect(await second.ended).toMatchObject({ exitCode: 3 });
	expect(
		await askRunner(openStateDir(dataDir).socketPath('runner'), { do: 'status' })
	).toMatchObject({
		runnerId: 'runner-1',
		connected: true,
		mode: 'active'
	});
	await runner.stop();
	expect(existsSync(join(dataDir, 'runner.lock'))).toBe(false);
});

test('a rotated credential is stored with mode 0600 and used for the next connection', async () => {
	const { plane, dataDir } = await setUp();
	plane.send({ t: 'credentials.rotate', credential: 'avr_runner-1_fresh' });
	for (let turn = 0; turn < 100 && plane.unacked > 0; turn++) await sleep(10);
	const file = join(dataDir, 'runner.json');
	expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
		credential: 'avr_runner-1_fresh'
	});
	expect(statSync(file).mode & 0o777).toBe(0o600);
	plane.drop(0);
	await plane.next('hello');
	expect(plane.upgrades.at(-1)!.authorization).toBe('Bearer avr_runner-1_fresh');
});

test('asked to drain from outside, a runner ends when its last session has ended', async () => {
	const { plane, dataDir, runner } = await setUp();
	const start = startFrame('s-1', { command: 'read x' });
	plane.send(start);
	await plane.next('session.started');
	await askRunner(openStateDir(dataDir).socketPath('runner'), { do: 'drain' });
	plane.send(startFrame('s-2', { command: 'true' }));
	expect(await plane.next('session.rejected')).toMatchObject({ code: 'no_capacity' });
	plane.type(start.streamId, '\n');
	expect(await runner.ended).toEqual({ exitCode: 0, reason: 'drained' });
	expect(await plane.next('runner.bye')).toMatchObject({ reason: 'drained' });
});
