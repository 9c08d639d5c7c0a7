import fc from 'fast-check';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { can, RIGHTS, ROLES, atLeast, type Right } from '#domain/permissions.ts';
import { demand, may, type Actor } from '#server/auth/actor.ts';
import { apiTokens, linkCodes, logins, users } from '#server/db/schema/accounts.ts';
import { CLIENT, PASSWORD, testVillage } from '#server/orgs/testing/village.ts';
import { headerReader } from './headers.ts';
import { concerns, type Revocation } from './revocation.ts';

const DAY = 86_400_000;

function actorWith(grants: Parameters<typeof can>[0]): Actor {
	return {
		kind: 'user',
		id: 'u',
		name: 'U',
		isAdmin: false,
		memberships: new Map([['org', grants]]),
		credentialId: 'c',
		transport: 'trpc',
		ip: null
	};
}

for (const right of Object.keys(RIGHTS) as Right[])
	for (const role of ROLES)
		test(`${role} ${atLeast(role, RIGHTS[right]) ? 'may' : 'may not'} ${right}`, () => {
			const actor = actorWith({ role, approve: null, scopes: null });
			const allowed = atLeast(role, RIGHTS[right]);
			expect(may(actor, 'org', right)).toBe(allowed);
			expect(may(actor, 'another', right)).toBe(false);
			if (!allowed) expect(() => demand(actor, 'org', right)).toThrow('Your role');
			expect(() => demand(actor, 'another', right, 'SESSION_NOT_FOUND')).toThrow(
				'No such session.'
			);
		});

test('a scope never opens a right that the role does not have', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...ROLES),
			fc.subarray(['read', 'sessions', 'approve', 'runners', 'admin'] as const),
			fc.constantFrom(...(Object.keys(RIGHTS) as Right[])),
			(role, scopes, right) => {
				if (can({ role, approve: null, scopes }, right))
					expect(can({ role, approve: null, scopes: null }, right)).toBe(true);
			}
		)
	);
});

test('the first visitor with the set-up link owns the village, and the link works once', async () => {
	const v = await testVillage();
	const first = await v.auth.loginLink();
	const second = await v.auth.loginLink();
	expect(first.kind).toBe('setup');
	expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:3000\/sign-in\/[\w-]{43}$/);
	const login = await v.orgs.setup(v.codeOf(first.url), { name: 'Ada' }, CLIENT);
	const owner = await v.actor(login.token);
	expect(owner).toMatchObject({ kind: 'user', name: 'Ada', isAdmin: true });
	expect([...owner!.memberships.values()]).toEqual([
		{ role: 'owner', approve: null, scopes: null }
	]);
	for (const url of [first.url, second.url, 'x/nonsense', `x/${'A'.repeat(43)}`])
		await expect(v.orgs.setup(v.codeOf(url), { name: 'Eve' }, CLIENT)).rejects.toMatchObject({
			code: 'LINK_INVALID',
			message: 'This link is not valid any more. Ask for a new one.'
		});
	expect(await v.orgs.describeLink(v.codeOf(second.url))).toBeNull();
});

test('of two set-up links used at the same moment one makes the owner', async () => {
	const v = await testVillage();
	const urls = [(await v.auth.loginLink()).url, (await v.auth.loginLink()).url];
	const results = await Promise.allSettled(
		urls.map((url) => v.orgs.setup(v.codeOf(url), { name: 'Ada' }, CLIENT))
	);
	expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

test('a sign-in link signs its person in once, and for ten minutes', async () => {
	const v = await testVillage();
	await v.setup();
	const link = await v.auth.loginLink();
	expect(link.kind).toBe('sign_in');
	const code = v.codeOf(link.url);
	const racing = await Promise.allSettled([
		v.auth.redeemSignIn(code, CLIENT),
		v.auth.redeemSignIn(code, CLIENT)
	]);
	expect(racing.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
	const late = v.codeOf((await v.auth.loginLink()).url);
	v.clock.advance(10 * 60_000);
	await expect(v.auth.redeemSignIn(late, CLIENT)).rejects.toMatchObject({ code: 'LINK_INVALID' });
	await expect(v.auth.loginLink('nobody@example.org')).rejects.toMatchObject({
		code: 'USER_NOT_FOUND'
	});
});

test('a password signs in; a wrong one and an unknown account are told the same', async () => {
	const v = await testVillage();
	const owner = (await v.actor(await v.setup()))!;
	const [orgId] = [...owner.memberships.keys()];
	await v.join(owner, orgId!, 'viewer', 'Grace@Example.org');
	const login = await v.auth.signIn({ email: ' grace@example.ORG', password: PASSWORD }, CLIENT);
	expect(await v.actor(login.token)).toMatchObject({ name: 'Grace' });
	const answers = await Promise.allSettled([
		v.auth.signIn({ email: 'grace@example.org', password: `${PASSWORD}!` }, CLIENT),
		v.auth.signIn({ email: 'nobody@example.org', password: PASSWORD }, CLIENT),
		v.auth.signIn({ email: 'grace@example.org', password: 'x'.repeat(100_000) }, CLIENT)
	]);
	for (const answer of answers)
		expect(answer).toMatchObject({
			reason: { code: 'SIGN_IN_FAILED', message: 'The email address or the password is wrong.' }
		});
});

test('passwords below ten characters or above 200 bytes are not taken', async () => {
	const v = await testVillage();
	await expect(v.auth.passwords.hash('short')).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
	await expect(v.auth.passwords.hash('ü'.repeat(101))).rejects.toMatchObject({
		code: 'VALIDATION_ERROR'
	});
	expect(await v.auth.passwords.hash('0123456789')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('the eleventh attempt in ten minutes is refused, per account and per address', async () => {
	const v = await testVillage();
	const attempt = (ip: string, email: string) =>
		v.auth.signIn({ email, password: 'wrong password' }, { ip, agent: null });
	for (let i = 0; i < 10; i++)
		await expect(attempt(`10.0.0.${i}`, 'ada@example.org')).rejects.toMatchObject({
			code: 'SIGN_IN_FAILED'
		});
	await expect(attempt('10.0.0.99', 'ada@example.org')).rejects.toMatchObject({
		code: 'RATE_LIMITED',
		details: { retryAfterMs: expect.any(Number) }
	});
	for (let i = 0; i < 10; i++) v.auth.countAttempt({ ip: '10.1.1.1' });
	expect(() => v.auth.countAttempt({ ip: '10.1.1.1' })).toThrow('Too many attempts');
	v.clock.advance(10 * 60_000);
	v.auth.countAttempt({ ip: '10.1.1.1' });
});

test('a login ends at once when it is signed out, and after thirty days without use', async () => {
	const v = await testVillage();
	const cookie = await v.setup();
	const actor = (await v.actor(cookie))!;
	const heard: Revocation[] = [];
	v.auth.revocations.subscribe((revocation) => heard.push(revocation));
	await v.auth.signOut(actor);
	expect(await v.actor(cookie)).toBeNull();
	const [row] = await v.database.sql`
		select action, actor_id, target_id from audit_log where action = 'login.end'`;
	expect(row).toMatchObject({
		action: 'login.end',
		actor_id: actor.id,
		target_id: actor.credentialId
	});
	expect(heard.some((revocation) => concerns(revocation, actor))).toBe(true);

	const login = await v.auth.redeemSignIn(v.codeOf((await v.auth.loginLink()).url), CLIENT);
	expect(login.expiresAt.getTime() - Date.now()).toBeGreaterThan(29 * DAY);
	await v.database.db.update(logins).set({ expiresAt: new Date(Date.now() - 1) });
	expect(await v.actor(login.token)).toBeNull();
});

test('use in the second half of its life makes a login live thirty days more', async () => {
	const v = await testVillage();
	const cookie = await v.setup();
	await v.database.db.update(logins).set({ expiresAt: new Date(Date.now() + 10 * DAY) });
	expect(await v.actor(cookie)).not.toBeNull();
	const [row] = await v.database.db.select().from(logins);
	expect(row!.expiresAt.getTime()).toBeGreaterThan(Date.now() + 29 * DAY);
});

test('a disabled person has no access, by cookie or token', async () => {
	const v = await testVillage();
	const cookie = await v.setup();
	const actor = (await v.actor(cookie))!;
	const { secret } = await v.account.createToken(actor, { name: 'ci', maxRole: 'owner' });
	expect(await v.bearer(secret)).not.toBeNull();
	await v.database.db.update(users).set({ disabledAt: new Date() });
	v.auth.revocations.publish({ kind: 'user', userId: actor.id });
	expect(await v.actor(cookie)).toBeNull();
	expect(await v.bearer(secret)).toBeNull();
});

test('a token lends no more than its role, scopes and org, and stops at once', async () => {
	const v = await testVillage();
	const owner = (await v.actor(await v.setup()))!;
	const orgId = [...owner.memberships.keys()][0]!;
	const other = await v.orgs.create(owner, 'Other');
	const person = (await v.actor(
		(await v.auth.redeemSignIn(v.codeOf((await v.auth.loginLink()).url), CLIENT)).token
	))!;
	const made = await v.account.createToken(person, {
		name: 'ci',
		maxRole: 'operator',
		orgId,
		scopes: ['read', 'sessions']
	});
	const token = (await v.bearer(made.secret))!;
	expect(token).toMatchObject({ kind: 'token', name: 'Ada (ci)', isAdmin: false });
	expect(may(token, orgId, 'session.create')).toBe(true);
	expect(may(token, orgId, 'approval.resolve')).toBe(false);
	expect(may(token, orgId, 'org.manage')).toBe(false);
	expect(may(token, other.id, 'session.read')).toBe(false);
	await expect(
		v.account.createToken(token, { name: 'child', maxRole: 'operator' })
	).rejects.toMatchObject({ code: 'FORBIDDEN' });
	await v.account.revokeToken(person, made.id);
	expect(await v.bearer(made.secret)).toBeNull();
	await expect(v.account.revokeToken(person, made.id)).rejects.toMatchObject({
		code: 'TOKEN_NOT_FOUND'
	});
});

test('a token that has expired, lies about its id, or is cut short is nobody', async () => {
	const v = await testVillage();
	const owner = (await v.actor(await v.setup()))!;
	const make = (expiresAt: Date | null) =>
		v.account.createToken(owner, { name: 'ci', maxRole: 'viewer', expiresAt });
	const good = await make(null);
	const brief = await make(new Date(v.clock.now().getTime() + 1000));
	expect(await v.bearer(brief.secret)).not.toBeNull();
	v.clock.advance(2000);
	expect(await v.bearer(brief.secret)).toBeNull();
	const [, id] = good.secret.split('_');
	for (const wrong of [
		good.secret.slice(0, -1),
		`avu_${id}_${'A'.repeat(43)}`,
		good.secret.replace(
			id!,
			id!.replace(/.$/, (c) => (c === '0' ? '1' : '0'))
		),
		'avu__',
		'x'.repeat(5000)
	])
		expect(await v.bearer(wrong)).toBeNull();
});

test('when a token was used is written at most once a minute', async () => {
	const v = await testVillage();
	const owner = (await v.actor(await v.setup()))!;
	const { secret, id } = await v.account.createToken(owner, { name: 'ci', maxRole: 'viewer' });
	const usedAt = async () =>
		(await v.database.db.select().from(apiTokens).where(eq(apiTokens.id, id)))[0]!.lastUsedAt;
	await v.bearer(secret);
	const first = await usedAt();
	v.clock.advance(31_000);
	await v.bearer(secret);
	expect(await usedAt()).toEqual(first);
	v.clock.advance(31_000);
	await v.bearer(secret);
	expect((await usedAt())!.getTime()).toBeGreaterThan(first!.getTime());
});

test('a wrong Authorization header is not made good by a cookie, and a cookie counts only where it may', async () => {
	const v = await testVillage();
	const cookie = `av_login=${await v.setup()}`;
	const ask = (headers: Record<string, string>, cookieAllowed = true) =>
		v.auth.actorFromRequest({
			header: headerReader(new Headers(headers)),
			cookieAllowed,
			transport: 'ws',
			ip: null
		});
	expect(await ask({ cookie: `theme=dark; ${cookie}` })).not.toBeNull();
	expect(await ask({ cookie, authorization: 'Bearer avu_wrong' })).toBeNull();
	expect(await ask({ cookie, authorization: '' })).toBeNull();
	expect(await ask({ cookie }, false)).toBeNull();
	expect(await ask({ cookie: 'av_login=%00; av_login=' })).toBeNull();
});

test('no stored column contains a secret in clear text', async () => {
	const v = await testVillage();
	const setup = await v.auth.loginLink();
	const login = await v.orgs.setup(v.codeOf(setup.url), { name: 'Ada' }, CLIENT);
	const owner = (await v.actor(login.token))!;
	const invite = await v.orgs.invite(owner, [...owner.memberships.keys()][0]!, { role: 'viewer' });
	const { secret } = await v.account.createToken(owner, { name: 'ci', maxRole: 'viewer' });
	await v.orgs.acceptInvitation(
		v.codeOf(invite.url),
		{ name: 'Grace', email: 'grace@example.org', password: PASSWORD },
		CLIENT
	);
	const tables = await v.database.sql<{ name: string }[]>`
		select table_name as name from information_schema.tables where table_schema = 'public'`;
	const secrets = [v.codeOf(setup.url), v.codeOf(invite.url), login.token, PASSWORD];
	for (const { name } of tables) {
		const rows = await v.database
			.sql`select to_jsonb(t)::text as row from ${v.database.sql(name)} t`;
		for (const { row } of rows)
			for (const clear of [...secrets, secret.slice(-43)]) expect(row).not.toContain(clear);
	}
	expect(await v.database.db.$count(linkCodes)).toBe(2);
});
