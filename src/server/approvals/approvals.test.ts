import { expect, test } from 'vitest';
import { testApp, until } from '#server/testing/app.ts';
import { ask, running } from './testing/asking.ts';

test('a question puts the session into waiting, the answer takes it out, and the runner is told once', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start);
	await until(
		async () => (await operator.sessions.get({ sessionId })).state === 'WAITING_FOR_APPROVAL'
	);
	const waiting = await operator.sessions.get({ sessionId });
	expect(waiting.pendingApprovals).toMatchObject([{ id: approvalId, details: { prNumber: 123 } }]);
	const done = await operator.approvals.resolve({
		sessionId,
		approvalId,
		decision: 'allow',
		reason: 'ok'
	});
	expect(done).toMatchObject({ status: 'allowed', reason: 'ok', resolvedBy: { kind: 'user' } });
	expect(await operator.sessions.get({ sessionId })).toMatchObject({
		state: 'RUNNING',
		pendingApprovals: []
	});
	await runner.next(
		'approval.decision',
		(f) => f.approvalId === approvalId && f.decision === 'allow'
	);
	runner.say({ t: 'approval.applied', approvalId, generation: 1, effect: 'allowed' });
	await until(async () => (await operator.approvals.get({ approvalId })).effect === 'allowed');
	const { items } = await operator.sessions.events({ sessionId, limit: 500 });
	expect(items.filter((e) => e.type === 'approval.requested')).toHaveLength(1);
	expect(items.filter((e) => e.type === 'approval.resolved')).toHaveLength(1);
});

test('a secret in a question is masked where it is kept and shown, and nothing else of it is', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const secret = 'a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ';
	const hidden = `echo '-----BEGIN PRIVATE KEY-----\n/usr/local/bin/something/else1\n'`;
	const command = `curl -H 'Authorization: Bearer ${secret}' https://example.org; ${hidden}`;
	const approvalId = ask(runner, start, { command, details: { token: `ghp_${secret}` } });
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	const shown = await operator.approvals.get({ approvalId });
	expect(shown.command).toBe(command.replace(secret, '*'.repeat(36)));
	expect(shown.details).toEqual({ token: `ghp_${'*'.repeat(36)}` });
	const { items } = await operator.sessions.events({ sessionId, limit: 500 });
	const asked = items.find((e) => e.type === 'approval.requested')!;
	expect(JSON.stringify(asked)).not.toContain(secret);
	expect((asked.data.approval as { command: string }).command).toBe(shown.command);
});

test('of two answers at the same time one wins, and the other is told who did', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const owner = await t.caller('owner');
	const approvalId = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	const results = await Promise.allSettled([
		operator.approvals.resolve({ sessionId, approvalId, decision: 'allow' }),
		owner.approvals.resolve({ sessionId, approvalId, decision: 'deny' })
	]);
	expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
	const lost = results.find((r) => r.status === 'rejected')!;
	expect(lost.reason.cause).toMatchObject({
		code: 'APPROVAL_ALREADY_RESOLVED',
		details: { resolvedBy: { kind: 'user' } }
	});
	await runner.next('approval.decision');
	expect(runner.received.filter((f) => f.t === 'approval.decision')).toHaveLength(1);
});

test('with two questions open, answering one leaves the session waiting', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const first = ask(runner, start);
	const second = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 2);
	await operator.approvals.resolve({ sessionId, approvalId: first, decision: 'deny' });
	expect(await operator.sessions.get({ sessionId })).toMatchObject({
		state: 'WAITING_FOR_APPROVAL'
	});
	await operator.approvals.resolve({ sessionId, approvalId: second, decision: 'deny' });
	expect(await operator.sessions.get({ sessionId })).toMatchObject({ state: 'RUNNING' });
});

test('an expired question is expired, allows nothing, and refuses a late answer', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	await t.app.database.sql`update approvals set expires_at = now() - interval '1 second'`;
	await expect(
		operator.approvals.resolve({ sessionId, approvalId, decision: 'allow' })
	).rejects.toMatchObject({ cause: { code: 'APPROVAL_EXPIRED' } });
	await t.app.approvals.expire();
	await runner.next('approval.decision', (f) => f.decision === 'expire' && f.by === 'expiry');
	expect(await operator.approvals.get({ approvalId })).toMatchObject({
		status: 'expired',
		resolvedBy: { kind: 'expiry' }
	});
	expect(await operator.sessions.get({ sessionId })).toMatchObject({ state: 'RUNNING' });
});

test('an answer to an older generation is stale', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	ask(runner, start, { approvalId, generation: 2, summary: 'Merge PR #123 by force' });
	await until(async () => (await operator.approvals.get({ approvalId })).generation === 2);
	await expect(
		operator.approvals.resolve({ sessionId, approvalId, generation: 1, decision: 'allow' })
	).rejects.toMatchObject({ cause: { code: 'APPROVAL_STALE' } });
	expect(await operator.approvals.get({ approvalId })).toMatchObject({ status: 'pending' });
});

test('viewers see that something waits but not what, and cannot answer; strangers see nothing', async () => {
	const t = await testApp();
	const { runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start);
	const viewer = await t.caller('viewer');
	const { items } = await until(async () => {
		const page = await viewer.approvals.list({ orgId: t.orgId });
		return page.items.length === 1 && page;
	});
	expect(items[0]).toMatchObject({ summary: 'Merge PR #123', details: null, command: null });
	await expect(
		viewer.approvals.resolve({ sessionId, approvalId, decision: 'allow' })
	).rejects.toMatchObject({
		cause: { code: 'FORBIDDEN' }
	});
	const other = await t.otherOrg();
	for (const id of [approvalId, 'no-such-approval'])
		await expect(
			other.caller.approvals.resolve({ sessionId, approvalId: id, decision: 'allow' })
		).rejects.toMatchObject({
			cause: { code: 'APPROVAL_NOT_FOUND', message: 'No such approval.' }
		});
	expect(runner.received.some((f) => f.t === 'approval.decision')).toBe(false);
});

test('when a session ends, what it asked is cancelled in the same moment', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	runner.exit(start, 1);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'FAILED');
	expect(await operator.approvals.get({ approvalId })).toMatchObject({ status: 'cancelled' });
	await expect(
		operator.approvals.resolve({ sessionId, approvalId, decision: 'allow' })
	).rejects.toMatchObject({ cause: { code: 'APPROVAL_ALREADY_RESOLVED' } });
});

test('a denial stops the session when it was started so', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t, { options: { onDeny: 'stop' } });
	const approvalId = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	await operator.approvals.resolve({ sessionId, approvalId, decision: 'deny' });
	await runner.next('session.stop', (f) => f.cause === 'policy');
	runner.exit(start, 0);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'STOPPED');
});

test('a question whose asker is gone is cancelled; asked again after a restart it gets the answer that was given', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const gone = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	runner.say({ t: 'approval.withdrawn', approvalId: gone, reason: 'the process ended' });
	await until(
		async () => (await operator.approvals.get({ approvalId: gone })).status === 'cancelled'
	);
	const again = ask(runner, start);
	await until(
		async () => (await operator.sessions.get({ sessionId })).pendingApprovals.length === 1
	);
	await operator.approvals.resolve({ sessionId, approvalId: again, decision: 'deny' });
	ask(runner, start, { approvalId: again });
	await until(
		() =>
			runner.received.filter((f) => f.t === 'approval.decision' && f.approvalId === again)
				.length === 2
	);
});

test('only what was offered can be chosen, a question needs a choice, and the runner is told which', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const options = [
		{ id: 'answer-0', label: 'English' },
		{ id: 'answer-1', label: 'French' }
	];
	const approvalId = ask(runner, start, { kind: 'question', action: 'custom', options });
	const bare = ask(runner, start, { kind: 'question', action: 'custom' });
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 2);
	const answer = (id: string, optionId?: string) =>
		operator.approvals.resolve({
			sessionId,
			approvalId: id,
			decision: 'allow',
			...(optionId ? { optionId } : {})
		});
	for (const wrong of [
		() => answer(approvalId),
		() => answer(approvalId, 'answer-9'),
		() => answer(bare)
	])
		await expect(wrong()).rejects.toMatchObject({ cause: { code: 'VALIDATION_ERROR' } });
	expect(await operator.approvals.get({ approvalId })).toMatchObject({
		status: 'pending',
		options
	});
	await answer(approvalId, 'answer-1');
	expect(await runner.next('approval.decision')).toMatchObject({
		approvalId,
		optionId: 'answer-1'
	});
	await operator.approvals.resolve({ sessionId, approvalId: bare, decision: 'deny' });
});

test("an answer in the agent's own dialog closes the question as given there", async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start);
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	runner.say({
		t: 'approval.applied',
		approvalId,
		generation: 1,
		effect: 'denied',
		by: 'terminal'
	});
	await until(
		async () => (await operator.approvals.get({ approvalId })).status === 'answered_at_terminal'
	);
	expect(await operator.approvals.get({ approvalId })).toMatchObject({
		effect: 'denied',
		resolvedBy: { kind: 'terminal' }
	});
	expect(await operator.sessions.get({ sessionId })).toMatchObject({ state: 'RUNNING' });
	await expect(
		operator.approvals.resolve({ sessionId, approvalId, decision: 'allow' })
	).rejects.toMatchObject({ cause: { code: 'APPROVAL_ALREADY_RESOLVED' } });
	expect(runner.received.some((f) => f.t === 'approval.decision')).toBe(false);
});
