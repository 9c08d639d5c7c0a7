import { expect, test } from 'vitest';
import { KIND } from '#protocol/runner/binary.ts';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner, type TestRunner } from '#server/testing/runner.ts';

/** A session of an agent whose program has printed `printed`. */
async function running(t: TestApp, printed = '', providerId = 'custom') {
	const operator = await t.caller('operator');
	const runner = await connectRunner(t, undefined, {
		providers: [{ id: providerId, level: 'L1', auth: 'ok' }]
	});
	const { id: sessionId } = await operator.sessions.create({
		orgId: t.orgId,
		providerId,
		...(providerId === 'custom' ? { command: 'agent' } : {})
	});
	const start = await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	if (printed) {
		runner.bytes(KIND.terminal, start.streamId, 0, printed);
		await until(async () => (await operator.sessions.get({ sessionId })).terminal.nextOffset > 0);
	}
	return { operator, runner, sessionId, start };
}

const typed = (runner: TestRunner) => Buffer.concat(runner.input).toString('utf8');

test('a review is pasted where the program knows pastes, and Enter comes after it', async () => {
	const t = await testApp();
	const { operator, runner, sessionId } = await running(t, '\u001b[?2004h> ');
	await operator.sessions.review({ sessionId, text: 'a.ts:1\nName it.', comments: 1 });
	await until(() => typed(runner).endsWith('\r'));
	expect(typed(runner)).toBe('\u001b[200~a.ts:1\nName it.\u001b[201~\r');
	expect(runner.input.length).toBeGreaterThan(1);
	const { items } = await operator.sessions.events({ sessionId });
	expect(items.find((event) => event.type === 'session.reviewed')).toMatchObject({
		data: { comments: 1, text: 'a.ts:1\nName it.' }
	});
	const audit = await (await t.caller('owner')).orgs.audit({ orgId: t.orgId });
	expect(audit.items.some((one) => one.action === 'session.review')).toBe(true);
});

test('a program that knows no paste gets one line, so that Enter is pressed once', async () => {
	const t = await testApp();
	const { operator, runner, sessionId } = await running(t, 'plain> ');
	await operator.sessions.review({ sessionId, text: 'One.\n\n  Two.\n' });
	await until(() => typed(runner).endsWith('\r'));
	expect(typed(runner)).toBe('One. Two.\r');
});

test('a review can neither press keys nor end its own paste', async () => {
	const t = await testApp();
	const { operator, runner, sessionId } = await running(t, '\u001b[?2004h');
	await operator.sessions.review({ sessionId, text: 'x\u001b[201~\u0003\rrm -rf /\u001b' });
	await until(() => typed(runner).endsWith('\r'));
	expect(typed(runner)).toBe('\u001b[200~x[201~\nrm -rf /\u001b[201~\r');
	await expect(
		operator.sessions.review({ sessionId, text: '\u001b\u0007 ' })
	).rejects.toMatchObject({ cause: { code: 'VALIDATION_ERROR' } });
});

test('a review sent twice with one key is typed once', async () => {
	const t = await testApp();
	const { operator, runner, sessionId } = await running(t, '\u001b[?2004h');
	const review = { sessionId, text: 'Once.', idempotencyKey: 'k' };
	await operator.sessions.review(review);
	await operator.sessions.review(review);
	await until(() => typed(runner).endsWith('\r'));
	expect(typed(runner).split('Once.')).toHaveLength(2);
});

test('nothing is typed into a question, a pause, an end, or a shell', async () => {
	const t = await testApp();
	const { operator, runner, sessionId, start } = await running(t);
	const refused = (code: string) =>
		expect(operator.sessions.review({ sessionId, text: 'Hm.' })).rejects.toMatchObject({
			cause: { code }
		});
	runner.say({
		t: 'approval.request',
		approvalId: 'ask-1',
		generation: 1,
		sessionId,
		attempt: start.attempt,
		kind: 'tool',
		action: 'merge',
		risk: 'low',
		summary: 'Merge?'
	});
	await until(
		async () => (await operator.sessions.get({ sessionId })).state === 'WAITING_FOR_APPROVAL'
	);
	await refused('INVALID_STATE');
	runner.exit(start, 0);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'COMPLETED');
	await refused('INVALID_STATE');
	const shell = await running(t, '\u001b[?2004h', 'shell');
	await expect(
		shell.operator.sessions.review({ sessionId: shell.sessionId, text: 'Hm.' })
	).rejects.toMatchObject({ cause: { code: 'INVALID_STATE' } });
	expect(typed(runner) + typed(shell.runner)).toBe('');
});

test('nothing is typed between the keys of somebody else', async () => {
	const t = await testApp();
	const { operator, runner, sessionId } = await running(t, '\u001b[?2004h');
	const owner = await t.actor('owner');
	const peer = { id: 'peer', backlog: 0, frame: () => {}, message: () => {} };
	const who = { userId: owner.id, name: 'Grace', canWrite: true };
	const viewer = await t.app.terminals.attach(sessionId, peer, who, {}, 1);
	viewer.keyboard('take');
	await expect(operator.sessions.review({ sessionId, text: 'Hm.' })).rejects.toMatchObject({
		cause: { code: 'KEYBOARD_HELD' },
		message: 'Grace types there now.'
	});
	expect(typed(runner)).toBe('');
	viewer.detach();
});
