// Every limit that an org stores is the one in force: each is changed as an owner or admin changes it, and felt.
import { expect, test } from 'vitest';
import { LIMIT_NAMES, type OrgLimits } from '#domain/limits.ts';
import type { RunnerMessage } from '#protocol/runner/up.ts';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner, type TestRunner } from '#server/testing/runner.ts';

const felt = new Set<string>();

async function limited(limits: Partial<OrgLimits>): Promise<TestApp> {
	for (const name of Object.keys(limits)) felt.add(name);
	const t = await testApp();
	const admin = { ...(await t.actor('owner')), isAdmin: true };
	await t.app.orgs.setLimits(admin, t.orgId, limits);
	return t;
}

async function running(t: TestApp) {
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	const start = await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	const get = () => operator.sessions.get({ sessionId });
	return { operator, runner, sessionId, start, get };
}

const question = (sessionId: string, approvalId: string): RunnerMessage => ({
	t: 'approval.request',
	approvalId,
	generation: 1,
	sessionId,
	attempt: 1,
	action: 'merge',
	kind: 'action',
	risk: 'high',
	summary: 'Merge?'
});

test('a session waits for a runner as long as its org says', async () => {
	const t = await limited({ queueTimeoutMinutes: 5 });
	const operator = await t.caller('operator');
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'QUEUED');
	await t.app.database.sql`update sessions set queued_at = now() - interval '4 minutes'`;
	await t.app.reaper.sweep();
	expect((await operator.sessions.get({ sessionId })).state).toBe('QUEUED');
	await t.app.database.sql`update sessions set queued_at = now() - interval '6 minutes'`;
	await t.app.reaper.sweep();
	expect(await operator.sessions.get({ sessionId })).toMatchObject({
		state: 'FAILED',
		failureClass: 'queue_timeout'
	});
});

test('a pause lasts as long as its org says, and one of another org as long as that one says', async () => {
	const t = await limited({ maxPauseHours: 2 });
	const { runner, start, sessionId, operator, get } = await running(t);
	const pausing = operator.sessions.pause({ sessionId });
	const { requestId } = await runner.next('session.pause');
	const { attempt } = start;
	runner.say({ t: 'session.paused', sessionId, attempt, requestId, ok: true, method: 'signal' });
	await pausing;
	await t.app.database.sql`update sessions set paused_at = now() - interval '3 hours'`;
	await t.app.database.sql`update orgs set limits = '{"maxPauseHours": 1}' where id <> ${t.orgId}`;
	await t.app.reaper.sweep();
	expect((await get()).phase).toBe('stopping');
	await runner.next('session.stop', (frame) => frame.sessionId === sessionId);
});

test('the output of a session is kept as long as its org says', async () => {
	const t = await limited({ sessionDataTtlHours: 48 });
	const { runner, start, get } = await running(t);
	runner.exit(start, 0);
	await until(async () => (await get()).state === 'COMPLETED');
	const { sql } = t.app.database;
	await sql`update sessions set ended_at = now() - interval '47 hours'`;
	await t.app.reaper.sweep();
	expect((await get()).dataExpired).toBe(false);
	await sql`update sessions set ended_at = now() - interval '49 hours'`;
	await t.app.reaper.sweep();
	expect((await get()).dataExpired).toBe(true);
});

test('a question waits as long as the org says, and the runner is told the same', async () => {
	const t = await limited({ approvalTimeoutSeconds: 90, approvalsPendingPerSession: 2 });
	const { runner, start, sessionId, get } = await running(t);
	expect(start.spec.approvals.timeoutMs).toBe(90_000);
	for (const id of ['one', 'two', 'three']) runner.say(question(sessionId, id));
	await runner.next(
		'approval.decision',
		(f) => f.approvalId === 'three' && f.decision === 'cancel'
	);
	const { pendingApprovals } = await get();
	expect(pendingApprovals.map((approval) => approval.id).toSorted()).toEqual(['one', 'two']);
	const [{ requestedAt, expiresAt }] = pendingApprovals as [(typeof pendingApprovals)[0]];
	expect(Date.parse(expiresAt) - Date.parse(requestedAt)).toBe(90_000);
});

test('a lost runner may come back within the time its org says', async () => {
	const t = await limited({ lostGraceSeconds: 3600 });
	const { runner, get } = await running(t);
	runner.close();
	await until(() => !t.app.links.isOnline(runner.runnerId));
	await t.app.runners.disconnected(runner.runnerId);
	const { sql } = t.app.database;
	await sql`update sessions set lost_at = now() - interval '30 minutes'`;
	await t.app.runners.sweepLost();
	expect(await get()).toMatchObject({ state: 'RUNNING', connectivity: 'lost' });
	await sql`update sessions set lost_at = now() - interval '61 minutes'`;
	await t.app.runners.sweepLost();
	expect(await get()).toMatchObject({ state: 'FAILED', failureClass: 'runner_lost' });
});

test('a session lasts as long as its org says, and one started again no longer than it says by now', async () => {
	const t = await limited({ defaultTimeoutMinutes: 90, maxTimeoutMinutes: 240 });
	const operator = await t.caller('operator');
	const create = (timeoutMinutes?: number) =>
		operator.sessions.create({
			orgId: t.orgId,
			providerId: 'shell',
			options: timeoutMinutes ? { timeoutMinutes } : {}
		});
	expect((await create()).timeoutMinutes).toBe(90);
	const long = await create(240);
	expect(long.timeoutMinutes).toBe(240);
	await expect(create(241)).rejects.toMatchObject({ cause: { code: 'VALIDATION_ERROR' } });
	await operator.sessions.stop({ sessionId: long.id });
	await (
		await t.caller('owner')
	).orgs.setLimits({
		orgId: t.orgId,
		limits: { defaultTimeoutMinutes: 30, maxTimeoutMinutes: 60 }
	});
	expect((await operator.sessions.retry({ sessionId: long.id })).timeoutMinutes).toBe(60);
});

test('no more sessions, runners, houses and agents than the org may have', async () => {
	const t = await limited({
		maxSessionsPerOrg: 2,
		maxRunnersPerOrg: 1,
		housesPerVillage: 1,
		agentsPerVillage: 1
	});
	const [owner, operator] = [await t.caller('owner'), await t.caller('operator')];
	const runner: TestRunner = await connectRunner(t);
	await expect(owner.runners.createJoinToken({ orgId: t.orgId })).rejects.toMatchObject({
		cause: { code: 'RUNNER_LIMIT_EXCEEDED', details: { limit: 1 } }
	});
	const house = (n: number) =>
		owner.houses.add({
			villageId: t.villageId,
			source: 'git_url',
			url: `https://example.org/${n}.git`
		});
	const both = await Promise.allSettled([house(1), house(2)]);
	expect(both.map((one) => one.status).toSorted()).toEqual(['fulfilled', 'rejected']);
	await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await runner.run();
	await expect(
		operator.sessions.create({ orgId: t.orgId, providerId: 'shell' })
	).rejects.toMatchObject({ cause: { code: 'CONFLICT', message: /at most 1 agents/ } });
	await t.app.orgs.setLimits({ ...(await t.actor('owner')), isAdmin: true }, t.orgId, {
		agentsPerVillage: 5
	});
	await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await expect(
		operator.sessions.create({ orgId: t.orgId, providerId: 'shell' })
	).rejects.toMatchObject({
		cause: { code: 'SESSION_LIMIT_EXCEEDED', details: { limit: 2, active: 2 } }
	});
});

test('there is no stored limit that none of these tests felt', () => {
	expect([...felt].toSorted()).toEqual([...LIMIT_NAMES].toSorted());
});
