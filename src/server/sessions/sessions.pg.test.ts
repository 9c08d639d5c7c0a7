import { expect, test } from 'vitest';
import { emptyPostgres } from '#server/db/testing/postgres.ts';
import { testApp, until } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';

test('the whole life of a session is the same on a PostgreSQL server', async () => {
	const t = await testApp({ DATABASE_URL: await emptyPostgres() });
	expect(t.app.database.engine).toBe('postgres');
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	const start = await runner.run();
	runner.bytes(1, start.streamId, 0, 'hello');
	runner.say({
		t: 'approval.request',
		approvalId: 'ask-1',
		generation: 1,
		sessionId,
		attempt: 1,
		action: 'merge',
		kind: 'action',
		risk: 'high',
		summary: 'Merge?'
	});
	await until(
		async () => (await operator.sessions.get({ sessionId })).state === 'WAITING_FOR_APPROVAL'
	);
	await operator.approvals.resolve({ sessionId, approvalId: 'ask-1', decision: 'allow' });
	await runner.next('approval.decision', (f) => f.decision === 'allow');
	runner.exit(start, 0, 5);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'COMPLETED');
	expect((await t.app.terminals.read(sessionId, 0, 100)).data.toString()).toBe('hello');
	const { items } = await operator.sessions.events({ sessionId, limit: 500 });
	expect(items.map((e) => e.seq)).toEqual(items.map((_, i) => i + 1));
});

test('thirty sessions created at once on several connections never pass the limit together', async () => {
	const t = await testApp({ DATABASE_URL: await emptyPostgres(), VILLAGE_MAX_SESSIONS: '12' });
	const operator = await t.caller('operator');
	const results = await Promise.allSettled(
		Array.from({ length: 30 }, () =>
			operator.sessions.create({ orgId: t.orgId, providerId: 'shell' })
		)
	);
	expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(12);
	expect((await operator.sessions.list({ orgId: t.orgId })).total).toBe(12);
});
