import { expect, test } from 'vitest';
import type { App } from '#server/app.ts';
import type { Actor } from '#server/auth/actor.ts';
import { PASSWORD, testVillage } from '#server/orgs/testing/village.ts';
import { accountRouter } from './account.ts';
import { createIdempotency } from './idempotency.ts';
import { orgsRouter } from './orgs.ts';
import { tokensRouter } from './tokens.ts';
import { createCallerFactory, router } from './trpc.ts';

const call = createCallerFactory(
	router({ orgs: orgsRouter, account: accountRouter, tokens: tokensRouter })
);

/** The routers on real services; only what they use of the app is there. */
async function doors() {
	const v = await testVillage();
	const app = { ...v, idempotency: createIdempotency(v), log: { error() {} } } as unknown as App;
	const as = (actor: Actor | null) => call({ app, actor, requestId: 'r1' });
	const owner = (await v.actor(await v.setup()))!;
	const orgId = [...owner.memberships.keys()][0]!;
	const guest = (await v.actor(await v.join(owner, orgId, 'viewer', 'g@example.org')))!;
	return { v, as, owner, guest, orgId };
}

const cause = (code: string) =>
	expect.objectContaining({ cause: expect.objectContaining({ code }) });
const BAD_INPUT = expect.objectContaining({ code: 'BAD_REQUEST' });

test('nobody gets anything without signing in', async () => {
	const { as, orgId } = await doors();
	const nobody = as(null);
	for (const ask of [
		() => nobody.orgs.list(),
		() => nobody.orgs.members({ orgId }),
		() => nobody.orgs.invite({ orgId, role: 'owner' }),
		() => nobody.account.profile(),
		() => nobody.account.signOutEverywhere(),
		() => nobody.tokens.list(),
		() => nobody.tokens.create({ name: 'x', maxRole: 'viewer' })
	])
		await expect(ask()).rejects.toEqual(cause('UNAUTHENTICATED'));
});

test('unknown keys, wrong types and oversize are refused, and nothing is changed', async () => {
	const { as, owner, orgId, v } = await doors();
	const mine = as(owner);
	const before = await v.events.head(orgId);
	const wrong: (() => Promise<unknown>)[] = [
		() => mine.orgs.get({ orgId, extra: 1 } as never),
		() => mine.orgs.get({ orgId: 7 } as never),
		() => mine.orgs.get({ orgId: '../x' }),
		() => mine.orgs.rename({ orgId, name: '' }),
		() => mine.orgs.rename({ orgId, name: 'x'.repeat(81) }),
		() => mine.orgs.rename({ orgId, name: 'a\0b' }),
		() => mine.orgs.rename({ orgId, name: '\ud800' }),
		() => mine.orgs.invite({ orgId, role: 'admin' as never }),
		() => mine.orgs.invite({ orgId, role: 'viewer', email: 'nobody' }),
		() => mine.orgs.setLimits({ orgId, limits: { maxSessionsPerOrg: 1001 } }),
		() => mine.orgs.setLimits({ orgId, limits: { unknown: 1 } as never }),
		() => mine.orgs.audit({ orgId, pageSize: 101 }),
		() => mine.account.update({ preferences: { f: undefined as never } }),
		() => mine.account.update({ isAdmin: true } as never),
		() => mine.account.endLogin({ loginId: 'x' }),
		() => mine.tokens.create({ name: 'x', maxRole: 'viewer', scopes: [] }),
		() => mine.tokens.create({ name: 'x', maxRole: 'viewer', expiresAt: 'tomorrow' }),
		() => mine.tokens.revoke({ tokenId: '' })
	];
	for (const ask of wrong) await expect(ask()).rejects.toEqual(BAD_INPUT);
	expect(await v.events.head(orgId)).toBe(before);
	expect(await mine.tokens.list()).toEqual([]);
});

test('a viewer changes nothing of the org, and reads no audit', async () => {
	const { as, owner, guest, orgId } = await doors();
	const theirs = as(guest);
	for (const ask of [
		() => theirs.orgs.rename({ orgId, name: 'Mine' }),
		() => theirs.orgs.invite({ orgId, role: 'viewer' }),
		() => theirs.orgs.setMember({ orgId, userId: guest.id, role: 'owner' }),
		() => theirs.orgs.removeMember({ orgId, userId: owner.id }),
		() => theirs.orgs.invitations({ orgId }),
		() => theirs.orgs.audit({ orgId }),
		() => theirs.orgs.verifyAudit({ orgId }),
		() => theirs.orgs.setLimits({ orgId, limits: { maxSessionsPerOrg: 100 } }),
		() => theirs.tokens.create({ name: 'x', maxRole: 'operator' })
	])
		await expect(ask()).rejects.toEqual(cause('FORBIDDEN'));
	expect((await theirs.orgs.members({ orgId })).map((member) => member.role).sort()).toEqual([
		'owner',
		'viewer'
	]);
});

test('a secret is shown once: the same key again is refused with the id of what was made', async () => {
	const { as, owner, orgId } = await doors();
	const input = { name: 'ci', maxRole: 'viewer', idempotencyKey: 'k1' } as const;
	const made = await as(owner).tokens.create(input);
	expect(made.secret).toMatch(/^avu_/);
	await expect(as(owner).tokens.create(input)).rejects.toEqual(cause('IDEMPOTENCY_CONFLICT'));
	expect(await as(owner).tokens.list()).toHaveLength(1);
	const invite = { orgId, role: 'viewer', idempotencyKey: 'k1' } as const;
	await as(owner).orgs.invite(invite);
	await expect(as(owner).orgs.invite(invite)).rejects.toEqual(cause('IDEMPOTENCY_CONFLICT'));
	expect(await as(owner).orgs.invitations({ orgId })).toHaveLength(1);
});

test('a token may read its account, and change nothing of it', async () => {
	const { v, as, owner } = await doors();
	const { secret } = await as(owner).tokens.create({ name: 'ci', maxRole: 'owner' });
	const token = as((await v.bearer(secret))!);
	expect((await token.account.profile()).name).toBe('Ada');
	for (const ask of [
		() => token.account.update({ name: 'Eve' }),
		() => token.account.setPassword({ current: null, next: PASSWORD }),
		() => token.account.signOutEverywhere(),
		() => token.tokens.create({ name: 'more', maxRole: 'viewer' })
	])
		await expect(ask()).rejects.toEqual(cause('FORBIDDEN'));
});
