// The server is gone in the middle of everything and comes back on the same data: nothing is lost, nothing happens twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openApp, type App } from '#server/app.ts';
import { headerReader } from '#server/auth/headers.ts';
import { readConfig } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { until, type TestApp } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';
import { createCaller, type Caller } from '#server/trpc/router.ts';

interface Life {
	app: App;
	/** What the test runner needs of it. */
	harness: TestApp;
	owner: Caller;
	/** Ends everything at once: no door is told, no timer is waited for. */
	cut(): Promise<void>;
}

async function live(dataDir: string): Promise<Life> {
	const app = await openApp(readConfig({ VILLAGE_DATA_DIR: dataDir }), {
		template: inject('databaseTemplate'),
		log: createLog(process.env.TEST_LOG ?? 'silent')
	});
	const server = createServer((_request, response) => response.writeHead(404).end());
	server.on('upgrade', (request, socket, head) => app.upgrades.handle(request, socket, head));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const orgId = await app.orgs.ensureFirstOrg();
	const { token } = await app.orgs.cliToken('owner', 'owner');
	const actor = (await app.auth.actorFromRequest({
		header: headerReader(new Headers({ authorization: `Bearer ${token}` })),
		cookieAllowed: false,
		transport: 'trpc',
		ip: null
	}))!;
	const owner = createCaller({ app, actor, requestId: 'test' });
	let ended = false;
	const cut = async () => {
		if (ended) return;
		ended = true;
		// Sockets break without a word, as when the process is killed; then its files are let go.
		server.closeAllConnections();
		server.close();
		await app.close();
	};
	onTestFinished(cut);
	const harness = {
		app,
		wsUrl: `ws://127.0.0.1:${port}`,
		orgId,
		caller: () => Promise.resolve(owner)
	} as unknown as TestApp;
	return { app, harness, owner, cut };
}

function place(): string {
	const dir = mkdtempSync(join(tmpdir(), 'village-restart-'));
	onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

test('a question survives the server, is answered after it, and its answer reaches the runner once', async () => {
	const dataDir = place();
	const first = await live(dataDir);
	const { orgId } = first.harness;
	const runner = await connectRunner(first.harness);
	const { id: sessionId } = await first.owner.sessions.create({ orgId, providerId: 'shell' });
	const start = await runner.run();
	const question = {
		t: 'approval.request' as const,
		approvalId: 'question-1',
		generation: 1,
		sessionId,
		attempt: start.attempt,
		action: 'merge' as const,
		kind: 'action' as const,
		risk: 'high' as const,
		summary: 'Merge PR 123?'
	};
	const seq = runner.say(question);
	await until(
		async () => (await first.owner.sessions.get({ sessionId })).state === 'WAITING_FOR_APPROVAL'
	);
	await first.cut();

	const second = await live(dataDir);
	const { owner } = second;
	expect(await owner.sessions.get({ sessionId })).toMatchObject({
		state: 'WAITING_FOR_APPROVAL',
		pendingApprovals: [{ id: 'question-1', status: 'pending' }]
	});
	// Answered while the runner is away: the decision waits in its outbox.
	await owner.approvals.resolve({ sessionId, approvalId: 'question-1', decision: 'deny' });
	const held = [
		{
			sessionId,
			attempt: start.attempt,
			phase: 'live',
			streamId: start.streamId,
			streams: [],
			inOffset: 0
		}
	];
	const back = await connectRunner(
		second.harness,
		{ runnerId: runner.runnerId, credential: runner.credential, bootId: 'boot-x', seq: 0 },
		{ sessions: held }
	);
	const decision = await back.next('approval.decision');
	expect(decision).toMatchObject({ approvalId: 'question-1', decision: 'deny' });
	// The same frame again, as after a lost acknowledgement: told once more, asked no second time.
	expect(seq).toBeGreaterThan(0);
	back.say(question);
	await until(() => back.received.filter((frame) => frame.t === 'approval.decision').length === 2);
	const { total } = await owner.approvals.list({ orgId });
	expect(total).toBe(1);
	const { items } = await owner.sessions.events({ sessionId, limit: 500 });
	expect(items.filter((event) => event.type === 'approval.requested')).toHaveLength(1);
	expect(items.filter((event) => event.type === 'approval.resolved')).toHaveLength(1);
	expect((await owner.sessions.get({ sessionId })).state).toBe('RUNNING');
});

test('frames that were applied before the server went are not applied again after it', async () => {
	const dataDir = place();
	const first = await live(dataDir);
	const { orgId } = first.harness;
	const bootId = 'boot-same';
	const joined = await connectRunner(first.harness);
	joined.close();
	const known = { runnerId: joined.runnerId, credential: joined.credential, bootId };
	const runner = await connectRunner(first.harness, { ...known, seq: 0 });
	const { id: sessionId } = await first.owner.sessions.create({ orgId, providerId: 'shell' });
	const start = await runner.run();
	const work = {
		t: 'session.work' as const,
		sessionId,
		attempt: start.attempt,
		event: { kind: 'command' as const, command: 'make', n: 1, at: new Date().toISOString() }
	};
	const last = runner.say(work);
	const told = async (owner: Caller) =>
		(await owner.sessions.events({ sessionId, limit: 500 })).items.filter(
			(event) => event.type === 'session.work'
		).length;
	await until(async () => (await told(first.owner)) === 1);
	await first.cut();

	const second = await live(dataDir);
	const held = [
		{
			sessionId,
			attempt: start.attempt,
			phase: 'live',
			streamId: start.streamId,
			streams: [],
			inOffset: 0
		}
	];
	// It never heard the acknowledgement, so it says all of it again.
	const back = await connectRunner(second.harness, { ...known, seq: 0 }, { sessions: held });
	const welcome = await back.next('welcome');
	expect(welcome.recv.seq).toBe(last);
	for (let i = 0; i < last; i++) back.say(work);
	back.say(work);
	await until(async () => (await told(second.owner)) === 2);
	await new Promise((resolve) => setTimeout(resolve, 100));
	expect(await told(second.owner)).toBe(2);
});

test('an exit while the server was away ends the session when its runner is back', async () => {
	const dataDir = place();
	const first = await live(dataDir);
	const { orgId } = first.harness;
	const runner = await connectRunner(first.harness);
	const { id: sessionId } = await first.owner.sessions.create({ orgId, providerId: 'shell' });
	const start = await runner.run();
	await until(async () => (await first.owner.sessions.get({ sessionId })).state === 'RUNNING');
	await first.cut();

	const second = await live(dataDir);
	const held = [
		{
			sessionId,
			attempt: start.attempt,
			phase: 'exited',
			streamId: start.streamId,
			streams: [],
			inOffset: 0
		}
	];
	const back = await connectRunner(
		second.harness,
		{ runnerId: runner.runnerId, credential: runner.credential },
		{ sessions: held }
	);
	back.exit(start, 3);
	const ended = await until(async () => {
		const session = await second.owner.sessions.get({ sessionId });
		return session.endedAt && session;
	});
	expect(ended).toMatchObject({ state: 'FAILED', exitCode: 3 });
	const { items } = await second.owner.sessions.events({ sessionId, limit: 500 });
	expect(items.filter((event) => event.type === 'session.ended')).toHaveLength(1);
});

test('a session whose runner never comes back after a restart is lost in time, not forgotten', async () => {
	const dataDir = place();
	const first = await live(dataDir);
	const { orgId } = first.harness;
	const runner = await connectRunner(first.harness);
	const { id: sessionId } = await first.owner.sessions.create({ orgId, providerId: 'shell' });
	await runner.run();
	await until(async () => (await first.owner.sessions.get({ sessionId })).state === 'RUNNING');
	await first.cut();

	const second = await live(dataDir);
	const { sql } = second.app.database;
	await second.app.runners.sweepLost();
	expect((await second.owner.sessions.get({ sessionId })).connectivity).toBe('ok');
	// As if the server had been up for a minute.
	await sql`update runners set last_seen_at = now() - interval '10 minutes'`;
	await second.app.runners.sweepLost(new Date(Date.now() + 60_000));
	expect((await second.owner.sessions.get({ sessionId })).connectivity).toBe('lost');
	await sql`update sessions set lost_at = now() - interval '1 day'`;
	await second.app.runners.sweepLost();
	expect(await second.owner.sessions.get({ sessionId })).toMatchObject({
		state: 'FAILED',
		failureClass: 'runner_lost'
	});
});
