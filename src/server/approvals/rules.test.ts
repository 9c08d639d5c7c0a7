import { expect, test } from 'vitest';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { ask, running } from './testing/asking.ts';

const NOTHING = { toolPattern: null, commandPattern: null, pathPattern: null, maxRisk: null };
const orgRule = (t: TestApp, more: object) => ({
	...{ orgId: t.orgId, scope: 'org' as const, scopeId: t.orgId, action: 'shell' as const },
	...{ decision: 'allow' as const },
	...more
});
const shell = (command: string) => ({
	...{ action: 'shell' as const, kind: 'command' as const, risk: 'medium' as const },
	...{ summary: command, command, tool: 'Bash' }
});
const code = (name: string) => ({ cause: { code: name } });

test('a rule answers at once: row, both events and the runner say so, and the session goes on', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const rule = await owner.approvals.createRule(orgRule(t, { commandPattern: 'npm test *' }));
	const { operator, runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start, shell('npm test -- --run'));
	await runner.next('approval.decision', (f) => f.approvalId === approvalId && f.by === 'policy');
	expect(await operator.approvals.get({ approvalId })).toMatchObject({
		status: 'allowed',
		ruleId: rule.id,
		resolvedBy: { kind: 'policy', via: 'rule' }
	});
	expect(await operator.sessions.get({ sessionId })).toMatchObject({ state: 'RUNNING' });
	const { items } = await operator.sessions.events({ sessionId, limit: 500 });
	const types = items.map((event) => event.type).filter((type) => type.startsWith('approval.'));
	expect(types).toEqual(['approval.requested', 'approval.resolved']);
	const { rules } = await operator.approvals.listRules({ orgId: t.orgId });
	expect(rules).toMatchObject([{ id: rule.id, uses: 1 }]);
	// What does not fit is asked as ever, and a compound command fits only as a whole.
	const other = ask(runner, start, shell('npm test && git push'));
	await until(
		async () => (await operator.sessions.get({ sessionId })).state === 'WAITING_FOR_APPROVAL'
	);
	expect(await operator.approvals.get({ approvalId: other })).toMatchObject({ status: 'pending' });
	const trail = await owner.orgs.audit({ orgId: t.orgId });
	const deeds = trail.items.filter((row) => row.targetId === approvalId).map((row) => row.action);
	expect(deeds.toSorted()).toEqual(['approval.allow', 'approval.request']);
});

test('a denial by a rule is passed on, and stops a session that is to stop', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	await owner.approvals.createRule(orgRule(t, { action: 'merge', decision: 'deny', locked: true }));
	const { operator, runner, start, sessionId } = await running(t, {
		options: { onDeny: 'stop' }
	});
	const approvalId = ask(runner, start);
	await runner.next('approval.decision', (f) => f.decision === 'deny' && f.by === 'policy');
	await runner.next('session.stop', (f) => f.cause === 'policy');
	expect(await operator.approvals.get({ approvalId })).toMatchObject({ status: 'denied' });
	expect(await operator.sessions.get({ sessionId })).toMatchObject({ phase: 'stopping' });
});

test('a question repeated after a rule has answered it gets the same answer, and no second row', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	await owner.approvals.createRule(orgRule(t, { commandPattern: 'ls *' }));
	const { operator, runner, start } = await running(t);
	const approvalId = ask(runner, start, shell('ls'));
	await runner.next('approval.decision', (f) => f.approvalId === approvalId);
	ask(runner, start, { ...shell('ls'), approvalId });
	await runner.next('approval.decision', (f) => f.approvalId === approvalId);
	const page = await operator.approvals.list({ orgId: t.orgId });
	expect(page.items).toHaveLength(1);
	expect((await operator.approvals.listRules({ orgId: t.orgId })).rules[0]!.uses).toBe(1);
});

test('always answers what is like it from then on, and only in its scope', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const first = ask(runner, start, shell('npm test -- a'));
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	await operator.approvals.resolve({
		...{ sessionId, approvalId: first, decision: 'allow' as const },
		always: { scope: 'session', match: 'tool' }
	});
	const second = ask(runner, start, shell('npm test -- b'));
	await runner.next('approval.decision', (f) => f.approvalId === second && f.by === 'policy');
	const { rules } = await operator.approvals.listRules({ orgId: t.orgId });
	expect(rules).toMatchObject([
		{ scope: 'session', scopeId: sessionId, commandPattern: 'npm test *', uses: 1 }
	]);
});

test('always that no rule can express changes nothing, and wider scopes take an owner', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const approvalId = ask(runner, start, shell('npm test && git push'));
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 1);
	const answer = (always: { scope: 'session' | 'agent' | 'house'; match: 'exact' | 'action' }) =>
		operator.approvals.resolve({ sessionId, approvalId, decision: 'allow', always });
	await expect(answer({ scope: 'session', match: 'exact' })).rejects.toMatchObject(
		code('VALIDATION_ERROR')
	);
	await expect(answer({ scope: 'house', match: 'action' })).rejects.toMatchObject(
		code('VALIDATION_ERROR')
	);
	await expect(answer({ scope: 'agent', match: 'action' })).rejects.toMatchObject(
		code('FORBIDDEN')
	);
	expect(await operator.approvals.get({ approvalId })).toMatchObject({ status: 'pending' });
	expect((await operator.approvals.listRules({ orgId: t.orgId })).rules).toEqual([]);
});

test('an unattended session is told no at once, also what was waiting when people left it', async () => {
	const t = await testApp();
	const { operator, runner, start, sessionId } = await running(t);
	const waiting = ask(runner, start);
	await until(
		async () => (await operator.sessions.get({ sessionId })).state === 'WAITING_FOR_APPROVAL'
	);
	const left = await operator.sessions.setPolicy({ sessionId, unattended: true });
	expect(left).toMatchObject({ unattended: true, state: 'RUNNING', pendingApprovals: [] });
	await runner.next(
		'approval.decision',
		(f) => f.approvalId === waiting && f.decision === 'deny' && f.by === 'policy'
	);
	const next = ask(runner, start, { kind: 'question', action: 'custom' });
	await runner.next('approval.decision', (f) => f.approvalId === next && f.decision === 'deny');
	expect(await operator.approvals.get({ approvalId: next })).toMatchObject({
		status: 'denied',
		resolvedBy: { kind: 'policy', via: 'unattended' }
	});
	expect(await operator.sessions.get({ sessionId })).toMatchObject({ state: 'RUNNING' });
});

test('a bypass allows and records each action under its name, until it is ended', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const { operator, runner, start, sessionId } = await running(t);
	const about = { sessionId, minutes: 30, reason: 'A release tonight.' };
	await expect(operator.approvals.bypass(about)).rejects.toMatchObject(code('FORBIDDEN'));
	const bypass = await owner.approvals.bypass(about);
	const approvalId = ask(runner, start);
	await runner.next('approval.decision', (f) => f.approvalId === approvalId);
	expect(await operator.approvals.get({ approvalId })).toMatchObject({
		status: 'allowed',
		bypassId: bypass.id
	});
	expect((await operator.villages.state({ villageId: t.villageId })).bypasses).toMatchObject([
		{ id: bypass.id, uses: 1, reason: 'A release tonight.' }
	]);
	await owner.approvals.endBypass({ bypassId: bypass.id });
	ask(runner, start);
	await until(
		async () => (await operator.sessions.get({ sessionId })).state === 'WAITING_FOR_APPROVAL'
	);
	await expect(
		owner.approvals.bypass({ sessionId, minutes: 481, reason: 'Too long.' })
	).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('a rule can be tried on the questions of the last days before it counts', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const { operator, runner, start, sessionId } = await running(t);
	for (const command of ['npm test', 'npm run build', 'git push'])
		ask(runner, start, shell(command));
	await until(async () => (await operator.approvals.list({ orgId: t.orgId })).total === 3);
	const rule = orgRule(t, { ...NOTHING, commandPattern: 'npm *' });
	expect(await owner.approvals.dryRun(rule)).toMatchObject({ asked: 3, fits: 2 });
	expect(await operator.approvals.simulate({ sessionId, command: 'npm test' })).toMatchObject({
		decision: 'ask'
	});
	const { id } = await owner.approvals.createRule(rule);
	expect(await operator.approvals.simulate({ sessionId, command: 'npm test' })).toEqual({
		decision: 'allow',
		by: 'rule',
		ruleId: id
	});
	await owner.approvals.deleteRule({ ruleId: id });
	expect(await operator.approvals.simulate({ sessionId, command: 'npm test' })).toMatchObject({
		decision: 'ask'
	});
});

test('rules that would allow everything, lock a yes, or stand in a foreign place are refused', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const other = await t.otherOrg();
	const { id: foreign } = await other.caller.sessions.create({
		orgId: other.orgId,
		providerId: 'shell'
	});
	const refused = (more: object, name: string) =>
		expect(owner.approvals.createRule(orgRule(t, more))).rejects.toMatchObject(code(name));
	await refused({ action: '*' }, 'VALIDATION_ERROR');
	await refused({ locked: true }, 'VALIDATION_ERROR');
	await refused({ scope: 'session', scopeId: foreign }, 'SESSION_NOT_FOUND');
	await refused({ scope: 'session', scopeId: 'nothing' }, 'SESSION_NOT_FOUND');
	await refused({ scope: 'org', scopeId: other.orgId }, 'ORG_NOT_FOUND');
	expect((await owner.approvals.listRules({ orgId: t.orgId })).rules).toEqual([]);
});
