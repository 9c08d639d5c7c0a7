// Every procedure against everybody: made from the router itself and from the permission matrix, so that neither can grow alone.
import { expect, test } from 'vitest';
import { atLeast, RIGHTS, ROLES } from '#domain/permissions.ts';
import type { Actor } from '#server/auth/actor.ts';
import { testApp, type TestApp } from '#server/testing/app.ts';
import { ABSENT, ask, MATRIX, procedures, things } from './testing/calls.ts';

/** Answers that a right never changes: the call was let in and met the state of things. */
const STRANGERS = /_NOT_FOUND$|^UNAUTHENTICATED$|^FORBIDDEN$|^INTERNAL_ERROR$|^VALIDATION_ERROR$/;

const LIMITS = { VILLAGE_MAX_SESSIONS: '1000' };

/** The same person at a browser: some calls are refused to tokens. */
const person = (actor: Actor): Actor => ({ ...actor, kind: 'user' });

test('every procedure has its place in the matrix, and the matrix names no other', () => {
	expect(Object.keys(MATRIX).toSorted()).toEqual(procedures().toSorted());
});

test('whoever is not signed in is told so by every procedure', async () => {
	const t = await testApp();
	for (const path of procedures()) {
		const { code } = await ask(t, null, path, MATRIX[path]!.input?.(ABSENT));
		expect([path, code]).toEqual([path, 'UNAUTHENTICATED']);
	}
});

for (const role of ROLES)
	test(`a ${role} may call what the matrix says, and is told FORBIDDEN for the rest`, async () => {
		const t = await testApp(LIMITS);
		const actor = person(await t.actor(role));
		const wrong: string[] = [];
		for (const path of procedures()) {
			const { right, input } = MATRIX[path]!;
			const answer = await ask(t, actor, path, input?.(await things(t)));
			const allowed = right === 'self' || (right !== 'admin' && atLeast(role, RIGHTS[right]));
			const fine = allowed
				? right === 'self'
					? answer.code !== 'FORBIDDEN' && answer.code !== 'INTERNAL_ERROR'
					: !STRANGERS.test(answer.code)
				: answer.code === 'FORBIDDEN';
			if (!fine) wrong.push(`${path}: ${answer.code} ${answer.message}`);
		}
		expect(wrong).toEqual([]);
	}, 120_000);

test('the owner of another org is told of every object exactly what is told of absent ones', async () => {
	const t = await testApp(LIMITS);
	const { actor } = await t.otherOrg();
	const other = person(actor);
	const wrong: string[] = [];
	for (const path of procedures()) {
		const { right, input } = MATRIX[path]!;
		if (right === 'self' || !input) continue;
		const mine = await things(t);
		const foreign = await ask(t, other, path, input(mine));
		const absent = await ask(t, other, path, input(ABSENT));
		const hidden = right === 'admin' ? 'FORBIDDEN' : /_NOT_FOUND$/;
		if (
			foreign.code !== absent.code ||
			foreign.message !== absent.message ||
			!(typeof hidden === 'string' ? foreign.code === hidden : hidden.test(foreign.code))
		)
			wrong.push(`${path}: ${foreign.code} ${foreign.message} / ${absent.code} ${absent.message}`);
	}
	expect(wrong).toEqual([]);
	// And naming one's own org with objects of another is no way in either.
	const mine = await things(t);
	const mixed = { ...mine, orgId: 'other-org', villageId: 'other-village' };
	for (const [path, extra] of [
		['sessions.create', { providerId: 'shell', houseId: mine.houseId }],
		['sessions.create', { providerId: 'shell', agentId: await agentOf(t) }]
	] as const)
		expect((await ask(t, other, path, { orgId: mixed.orgId, ...extra })).code).toMatch(
			/^(HOUSE|AGENT)_NOT_FOUND$/
		);
	expect(
		(
			await ask(t, other, 'houses.add', {
				villageId: mixed.villageId,
				source: 'local',
				runnerId: mine.runnerId,
				path: '/srv'
			})
		).code
	).toBe('RUNNER_NOT_FOUND');
	expect(
		(
			await ask(t, other, 'villages.saveLayout', {
				villageId: mixed.villageId,
				version: 1,
				houses: [{ id: mine.houseId, x: 1, y: 1 }]
			})
		).code
	).toBe('HOUSE_NOT_FOUND');
	expect(
		(
			await ask(t, other, 'events.subscribe', {
				topics: [
					{ kind: 'org', id: mixed.orgId },
					{ kind: 'session', id: mine.sessionId }
				]
			})
		).code
	).toBe('SESSION_NOT_FOUND');
}, 120_000);

test('the deployment admin manages orgs, and sees nothing of the work inside them', async () => {
	const t = await testApp(LIMITS);
	const { actor } = await t.otherOrg();
	const admin: Actor = { ...person(actor), isAdmin: true };
	const open = new Set(['orgs.get', 'orgs.members', 'orgs.create', 'orgs.setLimits']);
	for (const path of procedures()) {
		const { right, input } = MATRIX[path]!;
		if (right === 'self') continue;
		const { code } = await ask(t, admin, path, input?.(await things(t)));
		expect([path, code]).toEqual([
			path,
			open.has(path) ? 'ok' : expect.stringMatching(/_NOT_FOUND$/)
		]);
	}
}, 120_000);

test('a token changes no account, whatever its role', async () => {
	const t = await testApp();
	const token = await t.actor('owner');
	for (const path of [
		'account.update',
		'account.setPassword',
		'account.logins',
		'account.endLogin',
		'account.signOutEverywhere',
		'tokens.create',
		'tokens.revoke'
	])
		expect([path, (await ask(t, token, path, MATRIX[path]!.input?.(ABSENT))).code]).toEqual([
			path,
			'FORBIDDEN'
		]);
});

async function agentOf(t: TestApp): Promise<string> {
	const [row] = await t.app.database.sql<{ id: string }[]>`
		select id from agents where org_id = ${t.orgId} limit 1`;
	return row!.id;
}
