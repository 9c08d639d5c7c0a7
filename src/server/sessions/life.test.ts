import { expect, test } from 'vitest';
import { testApp, until } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';

test.each(['embedded', 'any'] as const)(
	'the whole life of a session (%s database)',
	async (engine) => {
		const t = await testApp({}, engine);
		if (engine === 'embedded') expect(t.app.database.engine).toBe('pglite');
		const operator = await t.caller('operator');
		const runner = await connectRunner(t);
		const { id: sessionId } = await operator.sessions.create({
			orgId: t.orgId,
			providerId: 'shell'
		});
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
	}
);
