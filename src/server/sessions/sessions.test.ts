import { expect, test } from 'vitest';
import { testApp, until } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';

const shell = (orgId: string, extra = {}) => ({ orgId, providerId: 'shell', ...extra });

test('a session is created, queued, placed, started and completed by its runner', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const created = await operator.sessions.create(shell(t.orgId, { task: 'x'.repeat(300) }));
	expect(created).toMatchObject({ state: 'CREATED', attempt: 0 });
	expect(created.taskSummary).toHaveLength(100);
	await until(async () => {
		const now = await operator.sessions.get({ sessionId: created.id });
		return now.queueReason === 'no_runner_online';
	}, 'the reason for waiting');

	const runner = await connectRunner(t);
	const start = await runner.run();
	expect(start).toMatchObject({ sessionId: created.id, attempt: 1 });
	await until(
		async () => (await operator.sessions.get({ sessionId: created.id })).state === 'RUNNING'
	);
	runner.bytes(1, start.streamId, 0, 'hello');
	// Where the output ends is true while the session lives, not only afterwards.
	await until(async () => {
		const { terminal } = await operator.sessions.get({ sessionId: created.id });
		return terminal.firstOffset === 0 && terminal.nextOffset === 5;
	}, 'the end of the output');
	runner.exit(start, 0, 5);
	const done = await until(async () => {
		const s = await operator.sessions.get({ sessionId: created.id });
		return s.state === 'COMPLETED' && s;
	});
	expect(done).toMatchObject({
		exitCode: 0,
		terminal: { nextOffset: 5 },
		endReason: 'exit code 0'
	});
	const { items } = await operator.sessions.events({ sessionId: created.id, limit: 500 });
	expect(items.map((e) => e.seq)).toEqual(items.map((_, i) => i + 1));
	expect(items.slice(0, 2).map((e) => e.type)).toEqual([
		'session.created',
		'session.state_changed'
	]);
	expect(items.filter((e) => e.type === 'session.ended')).toHaveLength(1);
	await runner.next('session.discard', (f) => f.sessionId === created.id);
});

test('the limit of an org holds when many are created at once', async () => {
	const t = await testApp({ VILLAGE_MAX_SESSIONS: '5' });
	const operator = await t.caller('operator');
	const results = await Promise.allSettled(
		Array.from({ length: 9 }, () => operator.sessions.create(shell(t.orgId)))
	);
	const refused = results.filter((r) => r.status === 'rejected');
	expect(refused).toHaveLength(4);
	expect(refused[0]!.reason.cause).toMatchObject({
		code: 'SESSION_LIMIT_EXCEEDED',
		details: { limit: 5, active: 5 }
	});
	const page = await operator.sessions.list({ orgId: t.orgId });
	expect(page.total).toBe(5);
	await operator.sessions.stop({ sessionId: page.items[0]!.id });
	await operator.sessions.create(shell(t.orgId));
});

test('stopping waits for the runner, and stopping a finished session changes nothing', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create(shell(t.orgId));
	const start = await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	expect(await operator.sessions.stop({ sessionId, reason: 'enough' })).toMatchObject({
		state: 'RUNNING',
		phase: 'stopping'
	});
	await runner.next('session.stop', (f) => f.sessionId === sessionId && f.cause === 'user');
	runner.exit(start, 130);
	const stopped = await until(async () => {
		const s = await operator.sessions.get({ sessionId });
		return s.state === 'STOPPED' && s;
	});
	expect(stopped.exitCode).toBe(130);
	await expect(operator.sessions.stop({ sessionId })).rejects.toMatchObject({
		cause: { code: 'SESSION_ALREADY_STOPPED' }
	});
});

test('a pause counts only once the runner has confirmed it', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const { id: sessionId } = await operator.sessions.create(shell(t.orgId));
	await expect(operator.sessions.pause({ sessionId })).rejects.toMatchObject({
		cause: { code: 'INVALID_STATE', details: { allowed: ['stop'] } }
	});
	const runner = await connectRunner(t);
	const { attempt } = await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	const pausing = operator.sessions.pause({ sessionId });
	const { requestId } = await runner.next('session.pause');
	expect((await operator.sessions.get({ sessionId })).state).toBe('RUNNING');
	runner.say({ t: 'session.paused', sessionId, attempt, requestId, ok: true, method: 'signal' });
	const paused = await pausing;
	expect(paused.state).toBe('PAUSED_BY_HUMAN');
	expect(paused.pausedByName).toBe(paused.createdByName);
	const resuming = operator.sessions.resume({ sessionId });
	const resume = await runner.next('session.resume');
	runner.say({ t: 'session.resumed', sessionId, attempt, requestId: resume.requestId, ok: true });
	expect(await resuming).toMatchObject({ state: 'RUNNING', pausedByName: null });
	runner.close();
	await until(() => !t.app.links.isOnline(runner.runnerId));
	await expect(operator.sessions.pause({ sessionId })).rejects.toMatchObject({
		cause: { code: 'RUNNER_OFFLINE' }
	});
});

test('a session that its runner refuses ends with the sentence of the runner', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const { id: sessionId } = await operator.sessions.create(shell(t.orgId));
	const runner = await connectRunner(t);
	const { attempt } = await runner.next('session.start');
	const message = 'No folder of that name.';
	runner.say({
		t: 'session.rejected',
		sessionId,
		attempt,
		code: 'workspace',
		retryable: false,
		message
	});
	const failed = await until(async () => {
		const session = await operator.sessions.get({ sessionId });
		return session.state === 'FAILED' && session;
	});
	expect(failed).toMatchObject({ failureClass: 'workspace', endReason: message });
});

test('a session of another org is answered like one that does not exist', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const { id } = await operator.sessions.create(shell(t.orgId));
	const other = await t.otherOrg();
	const answer = async (sessionId: string) => {
		try {
			await other.caller.sessions.get({ sessionId });
		} catch (error) {
			return (error as { cause: { code: string; message: string } }).cause;
		}
	};
	const foreign = await answer(id);
	const absent = await answer('no-such-session');
	expect(foreign).toMatchObject({ code: 'SESSION_NOT_FOUND' });
	expect(foreign!.message).toBe(absent!.message);
	await expect(other.caller.sessions.stop({ sessionId: id })).rejects.toMatchObject({
		cause: { code: 'SESSION_NOT_FOUND' }
	});
	const viewer = await t.caller('viewer');
	await expect(viewer.sessions.stop({ sessionId: id })).rejects.toMatchObject({
		cause: { code: 'FORBIDDEN' }
	});
});

test('bad input to create is refused before anything is written', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const refused = async (input: Record<string, unknown>) => {
		try {
			await operator.sessions.create(input as never);
		} catch (error) {
			const { cause } = error as { cause: { code?: string; name: string } };
			return cause.code ?? cause.name;
		}
	};
	expect(await refused({})).toBe('ZodError');
	expect(await refused(shell(t.orgId, { unknown: 1 }))).toBe('ZodError');
	expect(await refused(shell(t.orgId, { task: 'a\0b' }))).toBe('ZodError');
	expect(await refused(shell(t.orgId, { task: '\ud800' }))).toBe('ZodError');
	expect(await refused(shell(t.orgId, { repo: { url: 'ext::sh -c id' } }))).toBe('ZodError');
	expect(await refused(shell(t.orgId, { repo: { url: 'https://h/r', branch: '-x' } }))).toBe(
		'ZodError'
	);
	expect(await refused(shell(t.orgId, { options: { timeoutMinutes: 0 } }))).toBe('ZodError');
	expect(await refused(shell(t.orgId, { options: { timeoutMinutes: 121 } }))).toBe(
		'VALIDATION_ERROR'
	);
	expect(await refused(shell(t.orgId, { options: { env: { PATH: '/evil' } } }))).toBe(
		'VALIDATION_ERROR'
	);
	expect(await refused({ orgId: t.orgId, providerId: 'foo' })).toBe('INVALID_PROVIDER');
	expect(await refused({ orgId: t.orgId, providerId: 'custom' })).toBe('VALIDATION_ERROR');
	expect(await refused(shell(t.orgId, { houseId: 'nope' }))).toBe('HOUSE_NOT_FOUND');
	expect((await operator.sessions.list({ orgId: t.orgId })).total).toBe(0);
});

test("a session's own variables are sealed at rest and gone when it ends", async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id } = await operator.sessions.create(
		shell(t.orgId, { options: { env: { API_KEY: 'very-secret-value' } } })
	);
	const rows = () =>
		t.app.database.sql`select env_enc, spec::text as spec from sessions where id = ${id}`;
	const [before] = await rows();
	expect(Buffer.from(before!.env_enc).toString('latin1')).not.toContain('very-secret-value');
	const start = await runner.run();
	expect(start.spec.env).toEqual({ API_KEY: 'very-secret-value' });
	runner.exit(start, 0);
	await until(async () => (await operator.sessions.get({ sessionId: id })).state === 'COMPLETED');
	expect((await rows())[0]!.env_enc).toBeNull();
});

test('the same key gives the same session, another body with it is refused', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const one = await operator.sessions.create(shell(t.orgId, { idempotencyKey: 'k' }));
	const two = await operator.sessions.create(shell(t.orgId, { idempotencyKey: 'k' }));
	expect(two.id).toBe(one.id);
	await expect(
		operator.sessions.create(shell(t.orgId, { idempotencyKey: 'k', task: 'other' }))
	).rejects.toMatchObject({ cause: { code: 'IDEMPOTENCY_CONFLICT' } });
});

test('a deadline that has passed stops the session with cause timeout', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create(shell(t.orgId));
	const start = await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	await t.app.database.sql`update sessions set deadline_at = now() - interval '1 second'`;
	await t.app.reaper.sweep();
	await runner.next('session.stop', (f) => f.cause === 'timeout');
	runner.exit(start, 0);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'TIMED_OUT');
});

test('data of a session that ended a day ago is deleted, its row stays', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create(shell(t.orgId));
	const start = await runner.run();
	runner.bytes(1, start.streamId, 0, 'secret output');
	runner.exit(start, 3, 13);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'FAILED');
	await t.app.database.sql`update sessions set ended_at = now() - interval '25 hours'`;
	await t.app.reaper.sweep();
	expect(await operator.sessions.get({ sessionId })).toMatchObject({
		dataExpired: true,
		exitCode: 3
	});
	await expect(t.app.terminals.read(sessionId, 0, 100)).rejects.toMatchObject({
		code: 'SESSION_DATA_EXPIRED'
	});
});
