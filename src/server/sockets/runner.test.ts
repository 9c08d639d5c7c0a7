import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { RUNNER_SUBPROTOCOL } from '#protocol/version.ts';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner, enrol } from '#server/testing/runner.ts';

function refusal(
	t: TestApp,
	headers: Record<string, string>,
	path = '/ws/runner',
	protocol: string | undefined = RUNNER_SUBPROTOCOL
): Promise<number | undefined> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(`${t.wsUrl}${path}`, protocol, { headers });
		socket.once('unexpected-response', (_request, response) => {
			resolve(response.statusCode);
			socket.terminate();
		});
		socket.once('open', () => reject(new Error('the door opened')));
		socket.on('error', () => {});
	});
}

test('who has no credential, a wrong one, an Origin, or another protocol stays outside', async () => {
	const t = await testApp();
	const { runnerId, credential } = await enrol(t);
	const authorization = `Bearer ${credential}`;
	expect(await refusal(t, {})).toBe(401);
	expect(await refusal(t, { authorization: 'Bearer nonsense' })).toBe(401);
	expect(await refusal(t, { authorization: `Bearer avr_${runnerId}_${'A'.repeat(43)}` })).toBe(401);
	expect(await refusal(t, { authorization, origin: t.url })).toBe(403);
	expect(await refusal(t, { authorization }, '/ws/runner', 'other.v1')).toBe(426);
	expect(await refusal(t, { authorization }, '/ws/runner?token=x')).toBe(400);
	expect(await refusal(t, { authorization }, '/nowhere')).toBe(404);
});

test('a join code works once; used, expired and unknown codes get one answer; only hashes are stored', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const { joinToken } = await owner.runners.createJoinToken({ orgId: t.orgId });
	const facts = { hostname: 'h', os: 'linux', arch: 'x64', runnerVersion: '1' };
	const { credential } = await t.app.runners.join(joinToken, facts, { ip: null });
	const expired = await owner.runners.createJoinToken({ orgId: t.orgId });
	await t.app.database
		.sql`update runner_join_tokens set expires_at = now() - interval '1 second' where used_at is null`;
	for (const code of [joinToken, expired.joinToken, 'avj_x_y', ''])
		await expect(t.app.runners.join(code, facts, { ip: null })).rejects.toMatchObject({
			code: 'JOIN_TOKEN_INVALID'
		});
	const stored = JSON.stringify(
		await t.app.database.sql`select * from runners, runner_join_tokens`
	);
	for (const secret of [joinToken, credential]) expect(stored).not.toContain(secret.split('_')[2]);
	const operator = await t.caller('operator');
	await expect(operator.runners.createJoinToken({ orgId: t.orgId })).rejects.toMatchObject({
		cause: { code: 'FORBIDDEN' }
	});
});

test('a runner that says nothing, or something else first, is sent away', async () => {
	const t = await testApp();
	const runner = await connectRunner(t, undefined, null);
	runner.raw('{"t":"heartbeat"}');
	expect((await runner.closed).code).toBe(4400);
	const liar = await connectRunner(t, await enrol(t), null);
	liar.hello({ runnerId: 'somebody-else' });
	expect((await liar.closed).code).toBe(4401);
	const old = await connectRunner(t, await enrol(t), null);
	old.hello({ protocol: 99, minProtocol: 99 });
	expect((await old.closed).code).toBe(4406);
});

test('unknown keys are ignored, unknown frames answered, ten bad ones end the connection', async () => {
	const t = await testApp();
	const runner = await connectRunner(t, undefined, { surprise: true });
	runner.raw('{"t":"from.the.future","seq":1}');
	await runner.next('error', (f) => f.code === 'UNKNOWN_FRAME');
	for (let i = 0; i < 9; i++) runner.raw('not json');
	expect((await runner.closed).code).toBe(4400);
});

test('frames out of order are asked for again, repeated ones applied once', async () => {
	const t = await testApp();
	const runner = await connectRunner(t);
	const update = (seq: number, capacity: number) =>
		runner.raw(JSON.stringify({ t: 'runner.update', seq, capacity }));
	update(2, 7);
	await runner.next('nack', (f) => f.seq === 1);
	update(1, 6);
	update(1, 3);
	update(2, 8);
	await runner.next('ack', (f) => f.seq === 2);
	const operator = await t.caller('operator');
	const [row] = await operator.runners.list({ orgId: t.orgId });
	expect(row).toMatchObject({ capacity: 8 });
});

test('bytes with a hole are asked for again, overlap is cut, and the transcript is exact', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	const { streamId } = await runner.run();
	runner.bytes(1, streamId, 0, 'one ');
	runner.bytes(1, streamId, 8, 'three');
	await runner.next('nack', (f) => f.streamId === streamId && f.kind === 1 && f.offset === 4);
	runner.bytes(1, streamId, 2, 'e two ');
	runner.bytes(1, streamId, 8, 'three');
	await runner.next('ack', (f) =>
		f.streams.some((s) => s.streamId === streamId && s.offset === 13)
	);
	const { data } = await t.app.terminals.read(id, 0, 1000);
	expect(data.toString()).toBe('one two three');
	runner.bytes(1, 999_999, 0, 'x');
	await runner.next('error', (f) => f.code === 'BAD_FRAME');
});

test("a runner cannot speak of another runner's session, and is sent away when it insists", async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const mine = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	const { attempt } = await mine.run();
	const other = await connectRunner(t);
	for (let i = 0; i < 3; i++)
		other.say({
			t: 'session.exited',
			sessionId,
			attempt,
			code: 0,
			signal: null,
			at: new Date().toISOString(),
			finalOffsets: [],
			totals: {} as never,
			worktreeDirty: false
		});
	expect((await other.closed).code).toBe(4400);
	expect(await operator.sessions.get({ sessionId })).toMatchObject({ state: 'RUNNING' });
});

test('the newest connection of a runner replaces the older one', async () => {
	const t = await testApp();
	const first = await connectRunner(t);
	const second = await connectRunner(t, first);
	expect((await first.closed).code).toBe(4409);
	expect(second.socket.readyState).toBe(WebSocket.OPEN);
});

test('after a cut the runner goes on where the server is, and an exit that happened meanwhile counts', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	const start = await runner.run();
	runner.bytes(1, start.streamId, 0, 'before');
	await runner.next('ack', (f) => f.streams.some((s) => s.offset === 6));
	runner.close();
	await until(() => !t.app.links.isOnline(runner.runnerId));
	const back = await connectRunner(t, runner, {
		sessions: [
			{
				sessionId,
				attempt: 1,
				streamId: start.streamId,
				phase: 'exited',
				exit: { code: 0, signal: null, at: new Date().toISOString() },
				streams: [{ kind: 1, start: 0, end: 11 }],
				inOffset: 0
			}
		]
	});
	const welcome = await back.next('welcome');
	expect(welcome.sessions).toMatchObject([
		{ sessionId, verdict: 'keep', streams: expect.arrayContaining([{ kind: 1, offset: 6 }]) }
	]);
	back.bytes(1, start.streamId, 6, 'after');
	back.exit(start, 0, 11);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'COMPLETED');
	expect((await t.app.terminals.read(sessionId, 0, 100)).data.toString()).toBe('beforeafter');
});

test('a live session the runner does not know any more has lost its host', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	runner.close();
	await connectRunner(t, runner);
	expect(
		await until(async () => {
			const s = await operator.sessions.get({ sessionId });
			return s.state === 'FAILED' && s;
		})
	).toMatchObject({ failureClass: 'host_lost' });
});

test('a frame over one mebibyte closes the connection with 1009, a flood of frames with 4429', async () => {
	const t = await testApp();
	const big = await connectRunner(t);
	big.raw(`{"t":"runner.bye","seq":1,"reason":"${'x'.repeat(1_048_576)}"}`);
	expect((await big.closed).code).toBe(1009);
	const loud = await connectRunner(t, await enrol(t));
	for (let i = 0; i < 2_100; i++) loud.raw('{"t":"ack","seq":0,"streams":[]}');
	expect((await loud.closed).code).toBe(4429);
});

test('capacity 1 runs one session, the second waits for it and then starts', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const owner = await t.caller('owner');
	const runner = await connectRunner(t);
	await owner.runners.setCapacity({ runnerId: runner.runnerId, capacity: 1 });
	await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	const first = await runner.run();
	const { id } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await until(
		async () => (await operator.sessions.get({ sessionId: id })).queueReason === 'no_capacity'
	);
	runner.exit(first, 0);
	await runner.next('session.start', (f) => f.sessionId === id);
});

test('a drained runner gets no new session; a removed one is sent away and not let in again', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const owner = await t.caller('owner');
	const runner = await connectRunner(t);
	expect(await operator.runners.drain({ runnerId: runner.runnerId })).toMatchObject({
		status: 'draining'
	});
	await runner.next('runner.drain');
	const { id } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await until(
		async () => (await operator.sessions.get({ sessionId: id })).queueReason === 'draining'
	);
	await operator.runners.activate({ runnerId: runner.runnerId });
	const start = await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId: id })).state === 'RUNNING');
	await expect(owner.runners.deregister({ runnerId: runner.runnerId })).rejects.toMatchObject({
		cause: { code: 'RUNNER_HAS_ACTIVE_SESSIONS', details: { sessionIds: [start.sessionId] } }
	});
	await owner.runners.deregister({ runnerId: runner.runnerId, force: true });
	expect((await runner.closed).code).toBe(4403);
	expect(await refusal(t, { authorization: `Bearer ${runner.credential}` })).toBe(403);
});
