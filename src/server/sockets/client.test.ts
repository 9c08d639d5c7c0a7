// Who may come in at `/ws`, for how long, and what it does with whatever it is sent.
import { expect, test, vi } from 'vitest';
import { testApp, until } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';
import { liveSession, openAs, openClient, type TestClient } from './testing/client.ts';

// Each test opens a whole server.
vi.setConfig({ testTimeout: 60_000 });

const token = (bearer: string) => bearer.slice('Bearer '.length);

test('the first frame is connected, ping is answered to anybody, everything else asks who it is', async () => {
	const t = await testApp();
	const client = await openClient(t);
	await until(() => client.received.length === 1);
	expect(client.received[0]).toMatchObject({
		type: 'event',
		event: 'connected',
		data: { clientId: expect.any(String), protocol: 1, heartbeatIntervalMs: 30_000 }
	});
	expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
	for (const message of [
		{ type: 'subscribe', sessionId: 'x' },
		{ type: 'subscribe_session', sessionId: 'x' },
		{ type: 'unsubscribe', sessionId: 'x' },
		{ type: 'terminal_input', sessionId: 'x', data: 'x' },
		{ type: 'terminal', action: 'input', sessionId: 'x', data: 'x' }
	])
		expect(await client.code(message)).toBe('NOT_AUTHENTICATED');
	const bearer = await t.bearer('operator');
	const { id } = await t.actor('operator');
	expect(await client.code({ type: 'authenticate' })).toBe('VALIDATION_ERROR');
	expect(await client.code({ type: 'authenticate', token: 'avu_nonsense' })).toBe('AUTH_FAILED');
	expect(await client.code({ type: 'authenticate', token: token(bearer), userId: 'another' })).toBe(
		'AUTH_FAILED'
	);
	expect(
		await client.ask({ type: 'authenticate', token: token(bearer), userId: id })
	).toMatchObject({ event: 'authenticated', data: { userId: id, orgIds: [t.orgId] } });
	expect(await client.code({ type: 'authenticate', token: 'x' })).toBe('AUTH_FAILED');
	expect((await client.closed).code).toBe(4401);
	expect(client.of('error').at(-1)).toMatchObject({ code: 'AUTH_FAILED' });
});

test('whoever says nothing in time is told so and let go', async () => {
	const t = await testApp({}, 'any', { clientTimings: { authMs: 100 } });
	const silent = await openClient(t);
	expect((await silent.closed).code).toBe(4401);
	expect(silent.of('error')).toMatchObject([{ code: 'UNAUTHORIZED' }]);
	const known = await openAs(t, 'viewer');
	expect(await known.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
	expect(known.of('error')).toEqual([]);
});

test('upgrades with a wrong token, a foreign page or a secret in the address are refused before they are any', async () => {
	const t = await testApp();
	const refused = (path: string, headers: Record<string, string>) =>
		openClient(t, headers, path).then(
			() => 'taken',
			(error: Error) => /: (\d+)/.exec(error.message)?.[1]
		);
	const authorization = await t.bearer('owner');
	expect(await refused('/ws', { authorization: 'Bearer avu_x' })).toBe('401');
	expect(await refused('/ws', { authorization, origin: 'https://evil.example' })).toBe('403');
	expect(await refused('/ws?token=x', { authorization })).toBe('400');
	const { id } = await t.actor('owner');
	await t.app.database.sql`update users set is_service = false where id = ${id}`;
	const login = await t.app.auth.sessions.createSession(t.app.database.db, id, {
		ip: null,
		agent: null
	});
	const cookie = `av_login=${login.token}`;
	const own = await openClient(t, { cookie, origin: t.url });
	await until(() => own.events('authenticated').length === 1);
	// Without an Origin a cookie does not count, and the client is nobody.
	const other = await openClient(t, { cookie });
	expect(await other.code({ type: 'subscribe', sessionId: 'x' })).toBe('NOT_AUTHENTICATED');
});

test('what cannot be read is told apart, changes nothing, and ends the socket at the twentieth', async () => {
	const t = await testApp();
	const client = await openAs(t, 'operator');
	const cases: [string, string][] = [
		['not json', 'INVALID_MESSAGE'],
		['null', 'INVALID_MESSAGE'],
		['[]', 'INVALID_MESSAGE'],
		['42', 'INVALID_MESSAGE'],
		['{}', 'UNKNOWN_MESSAGE_TYPE'],
		['{"type":"bogus"}', 'UNKNOWN_MESSAGE_TYPE'],
		['{"type":"__proto__"}', 'UNKNOWN_MESSAGE_TYPE'],
		['{"type":7}', 'UNKNOWN_MESSAGE_TYPE'],
		['{"type":"subscribe"}', 'VALIDATION_ERROR'],
		['{"type":"subscribe","sessionId":"../x"}', 'VALIDATION_ERROR'],
		['{"type":"subscribe","sessionId":"x","fromSeq":-1}', 'VALIDATION_ERROR'],
		['{"type":"subscribe","sessionId":"x","fromOffset":1.5}', 'VALIDATION_ERROR'],
		['{"type":"subscribe_session"}', 'VALIDATION_ERROR'],
		['{"type":"terminal_input","sessionId":"x","data":""}', 'VALIDATION_ERROR'],
		['{"type":"terminal_input","sessionId":"x","data":"\\ud800"}', 'VALIDATION_ERROR'],
		[
			JSON.stringify({ type: 'terminal_input', sessionId: 'x', data: 'ü'.repeat(40_000) }),
			'VALIDATION_ERROR'
		],
		[
			'{"type":"terminal","sessionId":"x","action":"resize","data":{"cols":1,"rows":24}}',
			'VALIDATION_ERROR'
		],
		['{"type":"terminal","sessionId":"x","action":"erase","data":"x"}', 'VALIDATION_ERROR'],
		[`{"type":"ping","messageId":"${'x'.repeat(101)}"}`, 'VALIDATION_ERROR']
	];
	for (const [text] of cases) client.say(text);
	await until(() => client.of('error').length === cases.length);
	expect(client.of('error').map((one, n) => [cases[n]![0].slice(0, 60), one.code])).toEqual(
		cases.map(([text, code]) => [text.slice(0, 60), code])
	);
	expect(client.of('error')[5]!.message).toContain('bogus');
	expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
	client.say('x');
	client.say('x');
	expect((await client.closed).code).toBe(4400);
	// Keys that nobody knows are ignored, and so is a client's clock.
	const fresh = await openAs(t, 'operator');
	expect(
		await fresh.code({ type: 'unsubscribe', sessionId: 'x', newer: { deep: [1] }, timestamp: 'x' })
	).toBe('ok');
});

test('a message of a mebibyte is taken, a byte more and a binary one close the socket, and so does a flood', async () => {
	const t = await testApp();
	const client = await openAs(t, 'operator');
	const sized = (bytes: number) => {
		const empty = JSON.stringify({
			type: 'unsubscribe',
			sessionId: 'x',
			messageId: 'big',
			pad: ''
		});
		return empty.replace('"pad":""', `"pad":"${'x'.repeat(bytes - empty.length)}"`);
	};
	client.say(sized(1_048_576));
	await until(() => client.events('unsubscribed').length === 1);
	client.say(sized(1_048_577));
	expect((await client.closed).code).toBe(1009);
	const binary = await openAs(t, 'operator');
	binary.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
	expect((await binary.closed).code).toBe(1003);
	const flood = await openAs(t, 'operator');
	for (let i = 0; i < 2_000; i++) flood.say({ type: 'ping' });
	expect((await flood.closed).code).toBe(4429);
	expect(flood.of('error')).toMatchObject([{ code: 'RATE_LIMITED' }]);
});

test('a person has ten connections, an address fifty that say nothing, and places become free again', async () => {
	const t = await testApp();
	const own = await Promise.all(Array.from({ length: 10 }, () => openAs(t, 'operator')));
	const eleventh = await openClient(t, { authorization: await t.bearer('operator') });
	expect((await eleventh.closed).code).toBe(4429);
	expect(eleventh.of('error')).toMatchObject([{ code: 'CONNECTION_LIMIT' }]);
	const late = await openClient(t);
	const bearer = token(await t.bearer('operator'));
	expect(await late.code({ type: 'authenticate', token: bearer })).toBe('CONNECTION_LIMIT');
	expect((await late.closed).code).toBe(4429);
	await openAs(t, 'viewer');
	/** Lets one go and waits until the server has noticed. */
	const leaves = async (client: TestClient) => {
		const before = t.app.upgrades.counts().get('/ws')!;
		client.socket.close();
		await until(() => t.app.upgrades.counts().get('/ws')! < before);
	};
	await until(() => t.app.upgrades.counts().get('/ws') === 11);
	await leaves(own[0]!);
	await openAs(t, 'operator');

	const silent = await Promise.all(Array.from({ length: 50 }, () => openClient(t)));
	await expect(openClient(t)).rejects.toThrow('429');
	await leaves(silent[0]!);
	const again = await openClient(t);
	// Saying who one is makes room for somebody who has not.
	await again.ask({ type: 'authenticate', token: token(await t.bearer('owner')) });
	await openClient(t);
});

test('a foreign session or runner is answered exactly like one that does not exist, and nobody types unseen', async () => {
	const t = await testApp();
	const live = await liveSession(t);
	const { sessionId, runner } = live;
	const { bearer } = await t.otherOrg();
	const stranger = await openClient(t, { authorization: bearer });
	const same = async (message: Record<string, unknown>, name: string, id: string) => {
		const [theirs, absent] = [
			await stranger.ask({ ...message, [name]: id }),
			await stranger.ask({ ...message, [name]: 'nothing' })
		];
		const plain = (one: object) => ({ ...one, messageId: '', timestamp: '' });
		expect(plain(theirs)).toEqual(plain(absent));
		return theirs.type === 'error' ? theirs.code : 'ok';
	};
	expect(await same({ type: 'subscribe' }, 'sessionId', sessionId)).toBe('SESSION_NOT_FOUND');
	expect(await same({ type: 'subscribe_session' }, 'sessionId', sessionId)).toBe(
		'SESSION_NOT_FOUND'
	);
	expect(await same({ type: 'subscribe' }, 'runnerId', runner.runnerId)).toBe('RUNNER_NOT_FOUND');
	expect(await same({ type: 'terminal_input', data: 'x' }, 'sessionId', sessionId)).toBe(
		'NOT_SUBSCRIBED'
	);
	const own = await openAs(t, 'operator');
	// A subscription to two things of which one is not there is none.
	expect(await own.code({ type: 'subscribe', sessionId, runnerId: 'nothing' })).toBe(
		'RUNNER_NOT_FOUND'
	);
	const resize = { type: 'terminal', action: 'resize', sessionId, data: { cols: 100, rows: 30 } };
	expect(await own.code({ type: 'terminal_input', sessionId, data: 'x' })).toBe('NOT_SUBSCRIBED');
	const viewer = await openAs(t, 'viewer');
	expect(await viewer.code({ type: 'subscribe', sessionId })).toBe('ok');
	expect(await viewer.code({ type: 'terminal_input', sessionId, data: 'x' })).toBe('FORBIDDEN');
	expect(await viewer.code({ type: 'terminal', action: 'input', sessionId, data: 'x' })).toBe(
		'FORBIDDEN'
	);
	expect(await viewer.code(resize)).toBe('FORBIDDEN');
	expect(runner.input).toEqual([]);

	expect(await own.code({ type: 'subscribe', sessionId })).toBe('ok');
	own.say({ type: 'terminal', action: 'input', sessionId, data: 'ü' });
	expect(await own.ask({ type: 'terminal_input', sessionId, data: '\r' })).toMatchObject({
		event: 'input_accepted',
		data: { sessionId, bytes: 1 }
	});
	await until(() => Buffer.concat(runner.input).toString() === 'ü\r');
	own.say(resize);
	await runner.next('session.resize', (frame) => frame.cols === 100 && frame.rows === 30);
	live.exit(0);
	await until(() =>
		own.numbered(sessionId).some((one) => 'action' in one && one.action === 'completed')
	);
	expect(await own.code({ type: 'terminal_input', sessionId, data: 'x' })).toBe('INVALID_STATE');
	expect(await own.code({ type: 'subscribe', sessionId })).toBe('ok');
	expect(await own.code({ type: 'unsubscribe', sessionId })).toBe('ok');
	expect(await own.code({ type: 'unsubscribe_session', sessionId })).toBe('ok');
	expect(await own.code({ type: 'terminal_input', sessionId, data: 'x' })).toBe('NOT_SUBSCRIBED');
});

test('a session token opens its one session, as far as it says and as long as it counts', async () => {
	const t = await testApp();
	const runner = await connectRunner(t);
	const { sessionId } = await liveSession(t, runner);
	const other = await liveSession(t, runner);
	const operator = await t.caller('operator');
	const reader = await operator.sessions.token({ sessionId });
	const writer = await operator.sessions.token({ sessionId, write: true });
	await expect(
		(await t.caller('viewer')).sessions.token({ sessionId, write: true })
	).rejects.toThrow('Your role');
	for (const [given, typing] of [
		[reader.token, 'FORBIDDEN'],
		[writer.token, 'ok']
	] as const) {
		const client = await openClient(t, { authorization: `Bearer ${given}` });
		expect(await client.code({ type: 'subscribe', sessionId })).toBe('ok');
		expect(await client.code({ type: 'subscribe', sessionId: other.sessionId })).toBe(
			'SESSION_NOT_FOUND'
		);
		expect(await client.code({ type: 'subscribe', runnerId: runner.runnerId })).toBe(
			'RUNNER_NOT_FOUND'
		);
		expect(await client.code({ type: 'terminal_input', sessionId, data: 'x' })).toBe(typing);
	}
	const answer = await fetch(`${t.url}/trpc`, {
		headers: { authorization: `Bearer ${writer.token}` }
	});
	expect(answer.ok).toBe(false);
});

test('a revoked token ends its sockets, one that ran out may be replaced, a lost place ends what it showed', async () => {
	const t = await testApp({}, 'any', {
		clientTimings: { revalidateMs: 50, expiredMs: 1_500 }
	});
	const { sessionId } = await liveSession(t);
	const { app } = t;
	const { id: userId } = await t.actor('operator');
	const made = (expiresAt: Date | null) =>
		app.database.db.transaction((tx) =>
			app.auth.tokens.createToken(tx, {
				userId,
				name: 'job',
				maxRole: 'operator',
				expiresAt,
				now: new Date()
			})
		);
	const first = await made(null);
	const client = await openClient(t, { authorization: `Bearer ${first.clear}` });
	expect(await client.code({ type: 'subscribe', sessionId })).toBe('ok');
	await app.auth.tokens.revokeToken(app.database.db, userId, first.token.id, new Date());
	app.auth.revocations.publish({ kind: 'credential', credentialId: first.token.id });
	expect((await client.closed).code).toBe(4401);

	const short = await made(new Date(Date.now() + 5_000));
	const expiring = await openClient(t, { authorization: `Bearer ${short.clear}` });
	const left = await openClient(t, { authorization: `Bearer ${short.clear}` });
	await until(
		() => expiring.of('error').some((one) => one.code === 'TOKEN_EXPIRED'),
		'expiry',
		20_000
	);
	expect(await expiring.code({ type: 'subscribe', sessionId })).toBe('TOKEN_EXPIRED');
	const fresh = await made(null);
	expect(await expiring.code({ type: 'authenticate', token: fresh.clear })).toBe('ok');
	expect(await expiring.code({ type: 'subscribe', sessionId })).toBe('ok');
	expect((await left.closed).code).toBe(4401);
	expect(left.of('error')).toMatchObject([{ code: 'TOKEN_EXPIRED' }]);

	await app.database.sql`update memberships set role = 'viewer' where user_id = ${userId}`;
	app.auth.revocations.publish({ kind: 'membership', userId, orgId: t.orgId });
	await until(
		async () =>
			(await expiring.code({ type: 'terminal_input', sessionId, data: 'x' })) === 'FORBIDDEN'
	);
	await app.database.sql`delete from memberships where user_id = ${userId}`;
	app.auth.revocations.publish({ kind: 'membership', userId, orgId: t.orgId });
	await until(() => expiring.events('unsubscribed').length === 1);
	expect(expiring.events('unsubscribed')[0]!.data).toEqual({ sessionId, reason: 'access_ended' });
	expect(await expiring.code({ type: 'subscribe', sessionId })).toBe('SESSION_NOT_FOUND');
	expect(await expiring.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('authenticating again is another person with nothing subscribed', async () => {
	const t = await testApp();
	const { sessionId } = await liveSession(t);
	const client = await openAs(t, 'operator');
	expect(await client.code({ type: 'subscribe', sessionId })).toBe('ok');
	const viewer = token(await t.bearer('viewer'));
	// Said at once, answered in order.
	client.say({ type: 'authenticate', token: viewer });
	expect(await client.code({ type: 'terminal_input', sessionId, data: 'x' })).toBe(
		'NOT_SUBSCRIBED'
	);
	expect(client.events('authenticated').at(-1)!.data.userId).toBe((await t.actor('viewer')).id);
});

test('a server that goes down says so, closes with 1001, and keeps nothing of clients that left', async () => {
	const t = await testApp();
	const { sessionId } = await liveSession(t);
	const client = await openAs(t, 'operator');
	await client.ask({ type: 'subscribe', sessionId });
	for (let i = 0; i < 5; i++) {
		const gone = await openAs(t, 'viewer');
		gone.say({ type: 'subscribe', sessionId });
		gone.socket.terminate();
	}
	await until(() => t.app.upgrades.counts().get('/ws') === 1);
	await until(() => t.app.terminals.stats.viewers === 1);
	await t.app.upgrades.close();
	expect((await client.closed).code).toBe(1001);
	expect(client.events('server_shutdown')).toHaveLength(1);
	await until(() => t.app.terminals.stats.viewers === 0);
});
