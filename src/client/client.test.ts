import { expect, onTestFinished, test, vi } from 'vitest';
import { liveSession, type Live } from '#server/sockets/testing/client.ts';
import { until } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';
import { backoffMs } from './backoff.ts';
import {
	ControlPlaneClient,
	createClient,
	Refusal,
	SessionEventBridge,
	type SessionEvent,
	type VillageEvents
} from './index.ts';
import { placeOf } from './settings.ts';
import { restartable, type Restartable } from './testing/server.ts';

// Each test opens a whole server, some twice.
vi.setConfig({ testTimeout: 90_000 });

function clientOf(server: Restartable, options = {}): ControlPlaneClient {
	const client = new ControlPlaneClient({ wsUrl: server.wsUrl, token: server.token, ...options });
	onTestFinished(() => client.close());
	return client;
}

/** What a callback was told, and whether anything was missing or doubled. */
function record() {
	const events: SessionEvent[] = [];
	let text = '';
	let next: number | null = null;
	let seq: number | null = null;
	const holes: string[] = [];
	return {
		events,
		holes,
		get text() {
			return text;
		},
		callback(event: SessionEvent) {
			events.push(event);
			if (event.type === 'terminal') {
				if (next !== null && event.offset !== next) holes.push(`byte ${event.offset} for ${next}`);
				next = event.nextOffset;
				text += event.data;
			} else {
				if (seq !== null && event.seq !== seq + 1) holes.push(`number ${event.seq} after ${seq}`);
				seq = event.seq;
			}
		}
	};
}

/** The runner comes back to a server that was restarted, and sends again what that one does not have. */
async function runnerComesBack(server: Restartable, live: Live, printed: Buffer) {
	const { runnerId, credential } = live.runner;
	const { sessionId, attempt, streamId } = live;
	const streams = [{ kind: 1, start: 0, end: printed.length }];
	const held = [{ sessionId, attempt, phase: 'live', streamId, streams, inOffset: 0 }];
	const runner = await connectRunner(
		server.harness,
		{ runnerId, credential, bootId: `boot-${Math.random()}`, seq: 0 },
		{ sessions: held }
	);
	const welcome = await runner.next('welcome');
	const stored = welcome.sessions[0]!.streams.find(({ kind }) => kind === 1)?.offset ?? 0;
	if (stored < printed.length) runner.bytes(1, streamId, stored, printed.subarray(stored));
	return runner;
}

test('a client follows a session over servers that die and come back, without a hole or a duplicate', async () => {
	const server = await restartable();
	const live = await liveSession(server.harness);
	const { sessionId, streamId, attempt } = live;
	const client = clientOf(server);
	const seen: string[] = [];
	client.on('connected', () => seen.push('connected'));
	client.on('disconnected', () => seen.push('disconnected'));
	const told = record();
	await client.subscribe(sessionId, told.callback, { fromSeq: 0, fromOffset: 0 });
	expect(await client.sendTerminalInput(sessionId, 'ls\r')).toEqual({ bytes: 3 });
	await until(() => Buffer.concat(live.runner.input).toString() === 'ls\r');
	let printed = Buffer.alloc(0);
	let { runner } = live;
	for (let round = 0; round < 3; round++) {
		if (round > 0) {
			await server.cut();
			await until(() => !client.health().connected);
			await server.restart();
			runner = await runnerComesBack(server, live, printed);
			await until(() => client.health().connected, 'connected again', 20_000);
		}
		const more = Buffer.from(`round ${round} ünï 😀 `.repeat(50));
		runner.bytes(1, streamId, printed.length, more);
		printed = Buffer.concat([printed, more]);
		await until(() => told.text === printed.toString(), `round ${round}`, 20_000);
	}
	expect(client.health()).toMatchObject({
		connected: true,
		subscriptions: 1,
		lastError: expect.anything()
	});
	expect(client.health().reconnects).toBeGreaterThanOrEqual(2);
	expect(seen.filter((one) => one === 'disconnected')).toHaveLength(2);
	runner.say({
		t: 'session.exited',
		sessionId,
		attempt,
		code: 0,
		signal: null,
		at: new Date().toISOString(),
		finalOffsets: [{ kind: 1, offset: printed.length }],
		totals: {} as never,
		worktreeDirty: false
	});
	await until(() => told.events.some((e) => e.type === 'session' && e.action === 'completed'));
	expect(told.holes).toEqual([]);
	expect(told.text).toBe(printed.toString());
	expect(told.events.at(-1)).toMatchObject({
		action: 'completed',
		data: { finalState: 'COMPLETED' }
	});
	const { eventSeq } = await server.caller.sessions.get({ sessionId });
	expect(client.position(sessionId)).toEqual({ seq: eventSeq, offset: printed.length });
});

test('what the server refuses is told with its code, and a wrong token is not tried for ever', async () => {
	const server = await restartable();
	const client = clientOf(server);
	expect(await client.authenticate()).toBe(await client.authenticate(await client.authenticate()));
	await expect(client.authenticate('somebody')).rejects.toMatchObject({ code: 'AUTH_FAILED' });
	await expect(client.subscribe('nothing', () => {})).rejects.toMatchObject({
		code: 'SESSION_NOT_FOUND'
	});
	expect(client.health().subscriptions).toBe(0);
	await expect(client.sendTerminalInput('nothing', 'x')).rejects.toMatchObject({
		code: 'NOT_SUBSCRIBED'
	});
	const wrong = clientOf(server, { token: 'avu_nonsense' });
	const refused = new Promise((resolve) => wrong.once('unauthorized', resolve));
	await expect(wrong.connect()).rejects.toMatchObject({ code: 'AUTH_FAILED' });
	expect(await refused).toBeInstanceOf(Refusal);
	await expect(wrong.connect()).rejects.toMatchObject({ code: 'AUTH_FAILED' });
	expect(wrong.health()).toMatchObject({ state: 'refused', connected: false });

	const { id: sessionId } = await server.caller.sessions.create({
		orgId: server.harness.orgId,
		providerId: 'shell'
	});
	const failures: Error[] = [];
	client.on('error', (error) => failures.push(error));
	await client.subscribe(sessionId, () => {
		throw new Error('a bad callback');
	});
	await server.caller.sessions.stop({ sessionId });
	await until(() => failures.length > 0);
	expect(failures[0]!.message).toBe('a bad callback');
	expect(client.health().connected).toBe(true);
	client.close();
	await expect(client.connect()).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a token that runs out is fetched anew, and what was followed goes on', async () => {
	const server = await restartable();
	const live = await liveSession(server.harness);
	const { app } = server;
	const actor = (await app.auth.actorFromRequest({
		header: (name) => (name === 'authorization' ? `Bearer ${server.token}` : undefined),
		cookieAllowed: false,
		transport: 'ws',
		ip: null
	}))!;
	let fetched = 0;
	const token = async () => {
		// The first lives for a moment, the next ones long.
		const expiresAt = fetched++ === 0 ? new Date(Date.now() + 4_000) : null;
		const made = await app.database.db.transaction((tx) =>
			app.auth.tokens.createToken(tx, {
				userId: actor.id,
				name: 'job',
				maxRole: 'operator',
				expiresAt,
				now: new Date()
			})
		);
		return made.clear;
	};
	const client = clientOf(server, { token });
	const told = record();
	await client.subscribe(live.sessionId, told.callback);
	live.print('one ');
	await until(() => told.text === 'one ');
	await until(() => fetched === 2, 'a new token', 30_000);
	live.print('two ');
	await until(() => told.text === 'one two ', 'what came after', 20_000);
	expect(told.holes).toEqual([]);
	expect(client.health().reconnects).toBe(0);
});

test('a bridge tells of a session what its agent does, and a sink that fails harms nobody', async () => {
	const server = await restartable();
	const live = await liveSession(server.harness);
	const { sessionId, runner } = live;
	const client = clientOf(server);
	const agent: [string, string, unknown][] = [];
	const village: [string, string, unknown][] = [];
	const bridge = new SessionEventBridge(client, {
		toAgent<K extends keyof VillageEvents>(id: string, event: K, payload: VillageEvents[K]) {
			agent.push([id, event, payload]);
			if (event === 'work_stream') throw new Error('nobody listens');
		},
		toVillage: (id, event, payload) => village.push([id, event, payload])
	});
	await bridge.subscribeToSession(sessionId, 'agent-1', 'village-1');
	await expect(bridge.subscribeToSession('nothing', 'a', 'v')).rejects.toBeInstanceOf(Refusal);
	expect(bridge.health()).toMatchObject({ connected: true, sessions: 1 });
	runner.say({
		t: 'session.work',
		sessionId,
		attempt: 1,
		event: { n: 1, at: new Date().toISOString(), kind: 'message', text: 'x'.repeat(600) }
	});
	runner.say({
		t: 'approval.request',
		approvalId: 'approval-1',
		generation: 1,
		sessionId,
		attempt: 1,
		action: 'merge',
		kind: 'action',
		risk: 'high',
		summary: 'Merge PR #123'
	} as never);
	await until(() => village.some(([, event]) => event === 'approval_needed'));
	await client.sendTerminalInput(sessionId, 'y');
	live.print('done\n');
	await until(() => agent.some(([, event]) => event === 'terminal_output'));
	live.exit(1);
	await until(() => agent.at(-1)?.[1] === 'agent_leave');
	const names = village.map(([, event]) => event);
	expect(names).toEqual([
		'work_stream',
		'agent_update',
		'approval_needed',
		'approval_resolved',
		'agent_update',
		'agent_leave'
	]);
	expect(new Set(village.map(([id]) => id))).toEqual(new Set(['village-1']));
	expect(new Set(agent.map(([id]) => id))).toEqual(new Set(['agent-1']));
	const payload = (name: string) => village.find(([, event]) => event === name)![2];
	expect(payload('work_stream')).toMatchObject({ message: 'x'.repeat(500), kind: 'message' });
	expect(payload('agent_update')).toMatchObject({
		state: 'waiting',
		sessionState: 'WAITING_FOR_APPROVAL'
	});
	expect(payload('approval_needed')).toMatchObject({
		requestId: 'approval-1',
		summary: 'Merge PR #123'
	});
	expect(agent.find(([, event]) => event === 'terminal_output')![2]).toMatchObject({
		data: 'done\n',
		offset: 0
	});
	expect(agent.filter(([, event]) => event === 'agent_update').at(-1)![2]).toMatchObject({
		state: 'error'
	});
	expect(bridge.health()).toMatchObject({ sessions: 0, failed: 1, lastFailure: 'nobody listens' });
	await bridge.unsubscribeFromSession(sessionId);
});

test('the typed client follows the feed with its token in a header', async () => {
	const server = await restartable();
	const api = createClient({ wsUrl: server.wsUrl, token: server.token });
	const { orgId } = server.harness;
	const types: string[] = [];
	const subscription = api.events.subscribe.subscribe(
		{ topics: [{ kind: 'org', id: orgId }] },
		{
			onData: ({ data }) => {
				if (data.kind === 'events') types.push(...data.events.map((event) => event.type));
			}
		}
	);
	await until(async () => {
		await server.caller.sessions.create({ orgId, providerId: 'shell' });
		return types.includes('session.created');
	});
	subscription.unsubscribe();
	await until(
		() => server.app.upgrades.counts().get('/trpc') === 0,
		'the socket is closed',
		15_000
	);
});

test('addresses come from the environment, one is made of the other, and what is none is said to be', () => {
	const of = (env: Record<string, string>) => {
		const { apiUrl, wsUrl } = placeOf({}, { CONTROL_PLANE_AUTH_TOKEN: 't', ...env });
		return [apiUrl, wsUrl];
	};
	expect(of({ CONTROL_PLANE_API_URL: 'https://village.example' })).toEqual([
		'https://village.example',
		'wss://village.example/ws'
	]);
	expect(of({ CONTROL_PLANE_WS_URL: 'ws://localhost:3001/ws' })).toEqual([
		'http://localhost:3001',
		'ws://localhost:3001/ws'
	]);
	expect(of({ CONTROL_PLANE_API_URL: 'http://a:1/', CONTROL_PLANE_WS_URL: 'ws://b:2/ws' })).toEqual(
		['http://a:1', 'ws://b:2/ws']
	);
	expect(() => of({})).toThrow('CONTROL_PLANE_API_URL');
	expect(() => of({ CONTROL_PLANE_API_URL: 'nonsense' })).toThrow('no address');
	expect(() => of({ CONTROL_PLANE_WS_URL: 'http://a' })).toThrow('no address');
	expect(() => placeOf({ apiUrl: 'http://a' }, {})).toThrow('CONTROL_PLANE_AUTH_TOKEN');
});

test('the first try comes at once, later ones after longer, and never after more than ten seconds', () => {
	expect(backoffMs(0, 1)).toBeLessThanOrEqual(50);
	for (let failures = 1; failures < 10_000; failures++) {
		const [least, most] = [backoffMs(failures, 0), backoffMs(failures, 1)];
		expect(most).toBeLessThanOrEqual(10_000);
		expect(least).toBeGreaterThanOrEqual(Math.min(5_000, 125 * 2 ** (failures - 1)));
	}
});
