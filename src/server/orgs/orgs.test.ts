import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { systemActor, type Actor } from '#server/auth/actor.ts';
import { concerns, type Revocation } from '#server/auth/revocation.ts';
import { audit, listAudit, pruneAudit, verifyAudit } from '#server/audit/service.ts';
import { auditLog, memberships, orgs as orgRows } from '#server/db/schema/accounts.ts';
import { villages } from '#server/db/schema/villages.ts';
import { createIdempotency } from '#server/trpc/idempotency.ts';
import { CLIENT, PASSWORD, testVillage, type TestVillage } from './testing/village.ts';

async function owned(): Promise<{ v: TestVillage; owner: Actor; orgId: string }> {
	const v = await testVillage();
	const owner = (await v.actor(await v.setup()))!;
	return { v, owner, orgId: [...owner.memberships.keys()][0]! };
}

const code = (code: string) => expect.objectContaining({ code });

test('the first run makes one org with a village, however often and at once it is asked', async () => {
	const v = await testVillage();
	const ids = await Promise.all([1, 2, 3].map(() => v.orgs.ensureFirstOrg()));
	expect(new Set(ids).size).toBe(1);
	expect(await v.database.db.select().from(villages)).toMatchObject([
		{ orgId: ids[0], name: 'My village', seed: 'seed-1' }
	]);
});

test('an invitation brings one person in, with its role, and tells the org', async () => {
	const { v, owner, orgId } = await owned();
	const { url } = await v.orgs.invite(owner, orgId, { role: 'operator', email: 'g@example.org' });
	expect(url).toMatch(/\/invite\/[\w-]{43}$/);
	expect(await v.orgs.describeLink(v.codeOf(url))).toEqual({
		kind: 'invitation',
		orgName: 'My village',
		role: 'operator',
		email: 'g@example.org'
	});
	const account = { name: 'Grace', email: 'g@example.org', password: PASSWORD };
	const cookie = (await v.orgs.acceptInvitation(v.codeOf(url), account, CLIENT)).token;
	expect((await v.actor(cookie))!.memberships.get(orgId)).toMatchObject({ role: 'operator' });
	await expect(
		v.orgs.acceptInvitation(v.codeOf(url), { ...account, email: 'e@example.org' }, CLIENT)
	).rejects.toThrow(code('LINK_INVALID'));
	const types = (await v.events.read(orgId, 0, 100)).map((event) => event.type);
	expect(types).toEqual(['member.joined', 'member.invited', 'member.joined']);
});

test('an invitation ends after seven days, when it is cancelled, and with its inviter', async () => {
	const { v, owner, orgId } = await owned();
	const account = { name: 'Grace', email: 'g@example.org', password: PASSWORD };
	const accept = (url: string) => v.orgs.acceptInvitation(v.codeOf(url), account, CLIENT);
	const cancelled = await v.orgs.invite(owner, orgId, { role: 'viewer' });
	await v.orgs.cancelInvitation(owner, orgId, cancelled.id);
	await expect(accept(cancelled.url)).rejects.toThrow(code('LINK_INVALID'));
	expect(await v.orgs.invitations(owner, orgId)).toEqual([]);

	const second = (await v.actor(await v.join(owner, orgId, 'owner', 's@example.org')))!;
	const orphan = await v.orgs.invite(second, orgId, { role: 'owner' });
	await v.orgs.removeMember(owner, orgId, second.id);
	await expect(accept(orphan.url)).rejects.toThrow(code('LINK_INVALID'));

	const late = await v.orgs.invite(owner, orgId, { role: 'viewer' });
	v.clock.advance(7 * 86_400_000 + 1);
	await expect(accept(late.url)).rejects.toThrow(code('LINK_INVALID'));
});

test('an address in use must sign in first, and its invitation stays good for that', async () => {
	const { v, owner, orgId } = await owned();
	const cookie = await v.join(owner, orgId, 'viewer', 'g@example.org');
	const other = await v.orgs.create(owner, 'Other');
	const admin = (await v.actor((await again(v)).token))!;
	const { url } = await v.orgs.invite(admin, other.id, { role: 'viewer' });
	const account = { name: 'Grace', email: 'G@example.org', password: PASSWORD };
	await expect(v.orgs.acceptInvitation(v.codeOf(url), account, CLIENT)).rejects.toThrow(
		code('CONFLICT')
	);
	const grace = (await v.actor(cookie))!;
	expect(await v.orgs.acceptInvitationAs(grace, v.codeOf(url))).toEqual({ orgId: other.id });
	expect((await v.actor(cookie))!.memberships.size).toBe(2);
});

const again = async (v: TestVillage) =>
	v.auth.redeemSignIn(v.codeOf((await v.auth.loginLink()).url), CLIENT);

test('a changed role counts from the next call on, and open sockets are told', async () => {
	const { v, owner, orgId } = await owned();
	const cookie = await v.join(owner, orgId, 'operator', 'g@example.org');
	const before = (await v.actor(cookie))!;
	const heard: Revocation[] = [];
	v.auth.revocations.subscribe((revocation) => heard.push(revocation));
	await v.orgs.setMember(owner, orgId, before.id, { role: 'viewer', approve: true });
	expect((await v.actor(cookie))!.memberships.get(orgId)).toEqual({
		role: 'viewer',
		approve: true,
		scopes: null
	});
	await v.orgs.removeMember(owner, orgId, before.id);
	expect((await v.actor(cookie))!.memberships.size).toBe(0);
	expect(heard.filter((revocation) => concerns(revocation, before))).toHaveLength(2);
	expect(heard.some((revocation) => concerns(revocation, owner))).toBe(false);
});

test('the last owner can be neither lowered nor removed, also not by two at once', async () => {
	const { v, owner, orgId } = await owned();
	await v.orgs.cliToken('owner', 'service');
	await expect(v.orgs.setMember(owner, orgId, owner.id, { role: 'viewer' })).rejects.toThrow(
		code('LAST_OWNER')
	);
	await expect(v.orgs.removeMember(owner, orgId, owner.id)).rejects.toThrow(code('LAST_OWNER'));
	const second = (await v.actor(await v.join(owner, orgId, 'owner', 's@example.org')))!;
	const results = await Promise.allSettled([
		v.orgs.removeMember(owner, orgId, second.id),
		v.orgs.removeMember(second, orgId, owner.id)
	]);
	expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
	expect(await v.orgs.members(systemActor('test'), orgId)).toHaveLength(1);
});

test('a service owner is no owner: the only person stays', async () => {
	const v = await testVillage();
	const { token } = await v.orgs.cliToken('owner', 'ci');
	const service = (await v.bearer(token))!;
	expect(service).toMatchObject({ name: 'cli-owner', isAdmin: false });
	const orgId = [...service.memberships.keys()][0]!;
	expect((await v.auth.loginLink()).kind).toBe('setup');
	const owner = (await v.actor(await v.setup()))!;
	await expect(v.orgs.removeMember(service, orgId, owner.id)).rejects.toThrow(code('LAST_OWNER'));
	expect(await v.auth.loginLink()).toMatchObject({ kind: 'sign_in' });
	const later = (await v.bearer((await v.orgs.cliToken('viewer', 'ci')).token))!;
	expect(later.id).toBe(owner.id);
	expect(later.memberships.get(orgId)!.role).toBe('viewer');
});

test('another org is answered like one that does not exist', async () => {
	const { v, owner, orgId } = await owned();
	const guest = (await v.actor(await v.join(owner, orgId, 'operator', 'g@example.org')))!;
	const other = await v.orgs.create(owner, 'Other');
	for (const id of [other.id, 'no-such-org'])
		for (const ask of [
			() => v.orgs.get(guest, id),
			() => v.orgs.members(guest, id),
			() => v.orgs.invite(guest, id, { role: 'viewer' }),
			() => v.orgs.setMember(guest, id, owner.id, { role: 'viewer' }),
			() => v.orgs.removeMember(guest, id, owner.id)
		])
			await expect(ask()).rejects.toMatchObject({
				code: 'ORG_NOT_FOUND',
				message: 'No such organization.'
			});
	await expect(v.orgs.invite(guest, orgId, { role: 'viewer' })).rejects.toThrow(code('FORBIDDEN'));
	await expect(v.orgs.rename(guest, orgId, 'Mine')).rejects.toThrow(code('FORBIDDEN'));
	await expect(v.orgs.create(guest, 'Mine')).rejects.toThrow(code('FORBIDDEN'));
	await expect(v.orgs.setMember(owner, orgId, 'nobody', { role: 'viewer' })).rejects.toThrow(
		code('USER_NOT_FOUND')
	);
	expect((await v.orgs.list(guest)).map((org) => org.id)).toEqual([orgId]);
});

test('an owner says how long things last, only the deployment admin how many there may be', async () => {
	const { v, owner, orgId } = await owned();
	const second = (await v.actor(await v.join(owner, orgId, 'owner', 's@example.org')))!;
	const operator = (await v.actor(await v.join(owner, orgId, 'operator', 'o@example.org')))!;
	const { limits } = await v.orgs.setLimits(second, orgId, { approvalTimeoutSeconds: 60 });
	expect(limits.approvalTimeoutSeconds).toBe(60);
	await expect(v.orgs.setLimits(operator, orgId, { approvalTimeoutSeconds: 90 })).rejects.toThrow(
		code('FORBIDDEN')
	);
	await expect(v.orgs.setLimits(second, orgId, { maxTimeoutMinutes: 30 })).rejects.toThrow(
		code('VALIDATION_ERROR')
	);
	await expect(
		v.orgs.setLimits(second, orgId, { maxPauseHours: 1, maxSessionsPerOrg: 100 })
	).rejects.toThrow(code('FORBIDDEN'));
	expect(await v.orgs.limits.of(orgId)).toMatchObject({
		approvalTimeoutSeconds: 60,
		maxTimeoutMinutes: 120,
		maxPauseHours: 24
	});
	await expect(v.orgs.setLimits(second, orgId, { maxSessionsPerOrg: 100 })).rejects.toThrow(
		code('FORBIDDEN')
	);
	await v.orgs.setLimits(owner, orgId, { maxSessionsPerOrg: 100 });
	expect(await v.orgs.limits.of(orgId)).toMatchObject({
		maxSessionsPerOrg: 100,
		maxRunnersPerOrg: 10
	});
});

test('a new password needs the current one and ends the other logins', async () => {
	const { v, owner, orgId } = await owned();
	const cookie = await v.join(owner, orgId, 'viewer', 'g@example.org');
	const elsewhere = (await v.auth.signIn({ email: 'g@example.org', password: PASSWORD }, CLIENT))
		.token;
	const grace = (await v.actor(cookie))!;
	const next = 'a better password';
	await expect(v.account.setPassword(grace, { current: 'wrong', next })).rejects.toThrow(
		code('SIGN_IN_FAILED')
	);
	await v.account.setPassword(grace, { current: PASSWORD, next });
	expect(await v.actor(elsewhere)).toBeNull();
	expect(await v.actor(cookie)).not.toBeNull();
	await v.auth.signIn({ email: 'g@example.org', password: next }, CLIENT);
	expect(await v.account.logins(grace)).toHaveLength(2);
	expect(await v.account.signOutEverywhere(grace)).toBe(1);
	expect((await v.account.logins(grace)).map((login) => login.current)).toEqual([true]);
});

test('an address belongs to one account, and a profile is one’s own', async () => {
	const { v, owner, orgId } = await owned();
	await v.join(owner, orgId, 'viewer', 'g@example.org');
	await expect(v.account.update(owner, { email: 'G@EXAMPLE.org' })).rejects.toThrow(
		code('CONFLICT')
	);
	await v.account.update(owner, { email: 'Ada@example.org', preferences: { sound: true } });
	const profile = await v.account.update(owner, { preferences: { motion: 'less' } });
	expect(profile).toMatchObject({
		email: 'ada@example.org',
		hasPassword: false,
		preferences: { sound: true, motion: 'less' }
	});
	await expect(v.account.update(owner, { preferences: { big: 'x'.repeat(9000) } })).rejects.toThrow(
		code('VALIDATION_ERROR')
	);
});

test('a changed, missing or cut-off audit row shows', async () => {
	const { v, owner, orgId } = await owned();
	const { db } = v.database;
	for (let i = 0; i < 5; i++) await v.orgs.rename(owner, orgId, `Name ${i} "ü" \u2028`);
	expect(await verifyAudit(db, orgId)).toEqual({ ok: true, rows: 6 });
	// The database itself refuses this; whoever owns it can still do it, and that must show.
	await db.execute(sql`alter table audit_log disable trigger user`);
	const rows = await db.select().from(auditLog).where(eq(auditLog.orgId, orgId));
	const third = rows.find((row) => row.seq === 3)!;
	for (const [change, reason] of [
		[{ actorId: 'somebody-else' }, 'changed'],
		[{ detail: { from: 'x', to: 'y' } }, 'changed'],
		[{ at: new Date(0) }, 'changed'],
		[{ hash: 'f'.repeat(64) }, 'changed']
	] as const) {
		await db.update(auditLog).set(change).where(eq(auditLog.id, third.id));
		expect(await verifyAudit(db, orgId)).toEqual({ ok: false, seq: 3, reason });
		await db.update(auditLog).set(third).where(eq(auditLog.id, third.id));
	}
	await db.delete(auditLog).where(eq(auditLog.id, third.id));
	expect(await verifyAudit(db, orgId)).toEqual({ ok: false, seq: 3, reason: 'missing' });
	await db.insert(auditLog).values(third);
	await db.delete(auditLog).where(sql`${auditLog.orgId} = ${orgId} and seq = 6`);
	expect(await verifyAudit(db, orgId)).toEqual({ ok: false, seq: 6, reason: 'shortened' });
});

test('retention keeps the rest of the chain verifiable, and pages go from new to old', async () => {
	const { v, owner, orgId } = await owned();
	const { db } = v.database;
	for (let i = 0; i < 3; i++) await v.orgs.rename(owner, orgId, `Name ${i}`);
	v.clock.advance(1000);
	const cut = v.clock.now();
	v.clock.advance(1000);
	for (let i = 3; i < 6; i++) await v.orgs.rename(owner, orgId, `Name ${i}`);
	expect(await pruneAudit(db, orgId, cut)).toBe(4);
	expect(await verifyAudit(db, orgId)).toEqual({ ok: true, rows: 3 });
	const page = await listAudit(db, { orgId, action: 'org.rename' }, 1, 2);
	expect(page.total).toBe(3);
	expect(page.items.map((row) => row.seq)).toEqual([7, 6]);
});

test('rows of one chain are numbered without holes when many write at once', async () => {
	const { v } = await owned();
	const { db } = v.database;
	const write = (orgId: string) =>
		db.transaction((tx) =>
			audit(tx, {
				orgId,
				actor: systemActor('test'),
				action: 'test.write',
				target: { kind: 'x', id: 'y' },
				detail: { n: 1.5, nested: { b: [1, null], a: undefined } },
				at: v.clock.now()
			})
		);
	await Promise.all(Array.from({ length: 20 }, () => write('chain')));
	expect(await verifyAudit(db, 'chain')).toEqual({ ok: true, rows: 20 });
});

test('a deed that fails leaves no row, no event and no audit', async () => {
	const { v, owner, orgId } = await owned();
	const before = await v.events.head(orgId);
	await expect(v.orgs.removeMember(owner, orgId, owner.id)).rejects.toThrow(code('LAST_OWNER'));
	expect(await v.events.head(orgId)).toBe(before);
	expect(await verifyAudit(v.database.db, orgId)).toEqual({ ok: true, rows: 1 });
	expect(await v.database.db.$count(memberships)).toBe(1);
	expect(await v.database.db.$count(orgRows)).toBe(1);
});

test('the same key with the same input runs once; with another it is refused', async () => {
	const { v, owner } = await owned();
	const keys = createIdempotency(v);
	let runs = 0;
	const call = (name: string, key?: string) =>
		keys.once(owner, 'orgs.create', { name, idempotencyKey: key } as never, async () => {
			await new Promise((resolve) => setTimeout(resolve, 20));
			return { runs: ++runs };
		});
	const both = await Promise.all([call('a', 'k'), call('a', 'k')]);
	expect(both.map((answer) => answer.value)).toEqual([{ runs: 1 }, { runs: 1 }]);
	expect(await call('a', 'k')).toEqual({ value: { runs: 1 }, replayed: true });
	await expect(call('b', 'k')).rejects.toThrow(code('IDEMPOTENCY_CONFLICT'));
	expect((await call('a')).value).toEqual({ runs: 2 });
	const failing = () =>
		keys.once(owner, 'p', { idempotencyKey: 'f' }, () => Promise.reject(new Error('no')));
	await expect(failing()).rejects.toThrow('no');
	expect((await keys.once(owner, 'p', { idempotencyKey: 'f' }, async () => 1)).value).toBe(1);
	v.clock.advance(25 * 3_600_000);
	expect((await call('b', 'k')).value).toEqual({ runs: 3 });
});
