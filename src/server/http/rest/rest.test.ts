import { expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { Approval } from '#protocol/rest/approval.ts';
import { Runner } from '#protocol/rest/runner.ts';
import { Session, SessionDetail } from '#protocol/rest/session.ts';
import { auditLog } from '#server/db/schema/accounts.ts';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';
import { things } from '#server/trpc/testing/calls.ts';
import { restServer } from './testing/server.ts';

// Each test opens a whole server.
vi.setConfig({ testTimeout: 60_000 });

const LIMITS = { VILLAGE_MAX_SESSIONS: '1000' };

async function open(env: Record<string, string> = LIMITS) {
	const t = await testApp(env);
	return { t, rest: await restServer(t), bearer: await t.bearer('operator') };
}

/** Whether an answer is exactly of that shape: nothing is missing, and nothing is told that is not promised. */
function exactly(schema: z.ZodObject, value: Record<string, unknown>): void {
	schema.parse(value);
	expect(Object.keys(value).toSorted()).toEqual(Object.keys(schema.shape).toSorted());
}

test('an agent is started, typed to and stopped over REST, as over tRPC', async () => {
	const { t, rest, bearer } = await open();
	const runner = await connectRunner(t);
	const { agentId } = await things(t);
	const started = await rest.ask('POST', `/api/agents/${agentId}/start`, {
		bearer,
		body: { task: 'Mend the test', timeoutMinutes: 5 }
	});
	expect(started.status).toBe(200);
	expect(started.body.data).toMatchObject({ state: 'CREATED', token: expect.any(String) });
	const { sessionId } = started.body.data as { sessionId: string };
	expect(new Date(started.body.data.expiresAt as string).getTime()).toBeGreaterThan(Date.now());
	expect(started.body.meta).toMatchObject({
		requestId: 'request-1',
		timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
		duration: expect.any(Number)
	});
	let start = await runner.run();
	while (start.sessionId !== sessionId) start = await runner.run();
	await until(async () => (await seen(t, sessionId)).state === 'RUNNING');
	const typed = await rest.ask('POST', `/api/agents/${agentId}/terminal/input`, {
		bearer,
		body: { data: 'ü\r' }
	});
	expect(typed.body.data).toEqual({ ok: true, bytes: 3 });
	await until(() => Buffer.concat(runner.input).toString() === 'ü\r');
	const stopped = await rest.ask('POST', `/api/agents/${agentId}/stop`, {
		bearer,
		body: { reason: 'Enough of it' }
	});
	expect(stopped.body.data).toEqual({ ok: true, sessionId, state: 'RUNNING' });
	const stop = await runner.next('session.stop', (frame) => frame.sessionId === sessionId);
	expect(stop.cause).toBe('user');
	runner.exit(start, 0);
	await until(async () => (await seen(t, sessionId)).state === 'STOPPED');
	const again = await rest.ask('POST', `/api/agents/${agentId}/stop`, { bearer });
	expect([again.status, again.body.error.code]).toEqual([404, 'NO_ACTIVE_SESSION']);
	const rows = await t.app.database.db.select().from(auditLog);
	expect(
		rows.filter((row) => row.targetId === sessionId).map((row) => [row.action, row.transport])
	).toEqual([
		['session.create', 'rest'],
		['terminal.input', 'rest'],
		['session.stop', 'rest']
	]);
});

const seen = async (t: TestApp, sessionId: string) =>
	(await t.caller('viewer')).sessions.get({ sessionId });

test('a busy agent is started once; the same key gives the same session again, on either door', async () => {
	const { t, rest, bearer } = await open();
	const { agentId } = await things(t);
	const path = `/api/agents/${agentId}/start`;
	const start = (key: string | null, body: unknown = {}) =>
		rest.ask('POST', path, {
			bearer,
			body,
			...(key === null ? {} : { headers: { 'idempotency-key': key } })
		});
	const answers = await Promise.all([1, 2, 3, 4].map(() => start('one')));
	expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
	expect(new Set(answers.map((answer) => answer.body.data.sessionId)).size).toBe(1);
	const replayed = answers.filter((answer) => answer.body.meta.replayed);
	expect(replayed).toHaveLength(3);
	for (const answer of replayed) expect(answer.headers.get('idempotency-status')).toBe('reused');
	const trpc = await (await t.caller('operator')).agents.start({ agentId, idempotencyKey: 'one' });
	expect(trpc.sessionId).toBe(answers[0]!.body.data.sessionId);
	const busy = await start(null);
	expect([busy.status, busy.body.error.code]).toEqual([409, 'AGENT_BUSY']);
	expect(busy.body.error.details).toEqual({ sessionId: trpc.sessionId });
	const other = await start('one', { task: 'Another' });
	expect([other.status, other.body.error.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
	// What is kept of an answer for a day opens nothing.
	const kept = await t.app.database.sql<{ response: unknown }[]>`
		select response from idempotency_keys where key = 'one'`;
	expect(kept.map((row) => row.response)).toEqual([
		{ sessionId: trpc.sessionId, state: 'CREATED' }
	]);
	for (const key of ['', 'x'.repeat(101), 'ü']) {
		const answer = await start(key).catch(() => null);
		if (answer) expect([key, answer.status]).toEqual([key, 400]);
	}
});

test('twenty parallel starts of one agent make one session', async () => {
	const { t, rest, bearer } = await open();
	const { agentId } = await things(t);
	const answers = await Promise.all(
		Array.from({ length: 20 }, () =>
			rest.ask('POST', `/api/agents/${agentId}/start`, { bearer, body: {} })
		)
	);
	expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
	expect(new Set(answers.filter((a) => a.status !== 200).map((a) => a.body.error.code))).toEqual(
		new Set(['AGENT_BUSY'])
	);
});

test('an agent works in its home unless another house of its village is named', async () => {
	const { t, rest, bearer } = await open();
	const { agentId, houseId } = await things(t);
	const elsewhere = await things(t);
	await t.otherOrg();
	await t.app.database.sql`update houses set village_id = 'other-village', org_id = 'other-org'
		where id = ${elsewhere.houseId}`;
	for (const repoId of [elsewhere.houseId, 'no-house']) {
		const answer = await rest.ask('POST', `/api/agents/${agentId}/start`, {
			bearer,
			body: { repoId }
		});
		expect([answer.status, answer.body.error.code]).toEqual([404, 'HOUSE_NOT_FOUND']);
	}
	const home = await rest.ask('POST', `/api/agents/${agentId}/start`, { bearer });
	expect((await seen(t, home.body.data.sessionId as string)).houseId).toBe(houseId);
	const neighbour = await things(t);
	const guest = await rest.ask('POST', `/api/agents/${neighbour.agentId}/start`, {
		bearer,
		body: { repoId: houseId }
	});
	expect((await seen(t, guest.body.data.sessionId as string)).houseId).toBe(houseId);
});

test('a question is answered once, and who comes late is told who won', async () => {
	const { t, rest, bearer } = await open();
	const { sessionId, approvalId } = await things(t);
	const path = `/api/sessions/${sessionId}/approve`;
	const viewer = await rest.ask('GET', `/api/sessions/${sessionId}`, {
		bearer: await t.bearer('viewer')
	});
	exactly(SessionDetail, viewer.body.data);
	// Only of a running session are questions shown; the test's is made by hand.
	const answered = await rest.ask('POST', path, {
		bearer,
		body: { approvalId, decision: 'deny', reason: 'Not today' }
	});
	expect(answered.body.data).toMatchObject({
		ok: true,
		approval: { id: approvalId, status: 'denied', reason: 'Not today', resolvedBy: { via: 'rest' } }
	});
	exactly(Approval, answered.body.data.approval);
	const late = await rest.ask('POST', path, { bearer, body: { approvalId, decision: 'allow' } });
	expect([late.status, late.body.error.code]).toEqual([409, 'APPROVAL_ALREADY_RESOLVED']);
	expect(late.body.error.details).toMatchObject({ status: 'denied' });
	const other = await things(t);
	const wrong = await rest.ask('POST', path, {
		bearer,
		body: { approvalId: other.approvalId, decision: 'allow' }
	});
	expect([wrong.status, wrong.body.error.code]).toEqual([404, 'APPROVAL_NOT_FOUND']);
});

test('a viewer is told that something waits, and not its command, on every door that tells of sessions', async () => {
	const { t, rest } = await open();
	const { sessionId, approvalId, orgId, runnerId } = await things(t);
	await t.app.database
		.sql`update approvals set command = 'rm -rf /', diff = 'secret', details = '{"a":1}' where id = ${approvalId}`;
	await t.app.database.sql`update sessions set runner_id = ${runnerId} where id = ${sessionId}`;
	for (const [role, command] of [
		['viewer', null],
		['operator', 'rm -rf /']
	] as const) {
		const bearer = await t.bearer(role);
		const one = await rest.ask('GET', `/api/sessions/${sessionId}`, { bearer });
		const list = await rest.ask('GET', `/api/sessions?orgId=${orgId}&pageSize=1`, { bearer });
		const runner = await rest.ask('GET', `/api/runners/${runnerId}`, { bearer });
		for (const told of [one.body.data, list.body.data.items[0], runner.body.data.sessions[0]])
			expect(told.pendingApprovals[0]).toMatchObject({ id: approvalId, command });
	}
});

test('lists are paged, filtered and of the promised shape', async () => {
	const { t, rest } = await open();
	const bearer = await t.bearer('viewer');
	const { orgId, sessionId } = await things(t);
	await things(t);
	await things(t);
	const first = await rest.ask('GET', '/api/sessions?pageSize=2', { bearer });
	expect(first.body.data).toMatchObject({ total: 3, page: 1, pageSize: 2, hasMore: true });
	for (const item of first.body.data.items) exactly(Session, item);
	const second = await rest.ask('GET', `/api/sessions?orgId=${orgId}&page=2&pageSize=2`, {
		bearer
	});
	expect(second.body.data.items.map((item: { id: string }) => item.id)).toEqual([sessionId]);
	const none = await rest.ask('GET', '/api/sessions?state=RUNNING&state=PAUSED_BY_HUMAN', {
		bearer
	});
	expect(none.body.data.total).toBe(0);
	const runners = await rest.ask('GET', '/api/runners', { bearer });
	expect(runners.body.data.items).toHaveLength(3);
	for (const item of runners.body.data.items) exactly(Runner, item);
	const agents = await rest.ask('GET', '/api/agents', { bearer });
	expect(agents.body.data.items.length).toBeGreaterThanOrEqual(4);
	for (const [query, code] of [
		['pageSize=0', 'VALIDATION_ERROR'],
		['pageSize=101', 'VALIDATION_ERROR'],
		['page=1e3', 'VALIDATION_ERROR'],
		['page=1&page=2', 'VALIDATION_ERROR'],
		['state=ASLEEP', 'VALIDATION_ERROR'],
		['unheardOf=1', 'VALIDATION_ERROR'],
		['__proto__=1', 'VALIDATION_ERROR'],
		['orgId=../x', 'VALIDATION_ERROR'],
		['search=%00', 'VALIDATION_ERROR'],
		['providerId=foo', 'INVALID_PROVIDER'],
		['orgId=another', 'ORG_NOT_FOUND']
	]) {
		const answer = await rest.ask('GET', `/api/sessions?${query}`, { bearer });
		expect([query, answer.body.error?.code]).toEqual([query, code]);
	}
});
