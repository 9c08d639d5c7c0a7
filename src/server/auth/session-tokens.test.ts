import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { testVillage } from '#server/orgs/testing/village.ts';
import { createSessionTokens } from './session-tokens.ts';

const SECRET = 'x'.repeat(32);
const NOW = new Date('2026-01-02T03:04:05.678Z');
const ACTOR = { id: 'user-1', credentialId: 'login-1' };
const HOUR = 3_600_000;
const after = (ms: number) => new Date(NOW.getTime() + ms);

test('a session token lends one session for an hour, to read or to type', () => {
	const tokens = createSessionTokens(SECRET);
	for (const write of [true, false]) {
		const { token, expiresAt } = tokens.issue(ACTOR, 's:1.a-b', write, NOW);
		expect(tokens.read(token, NOW)).toEqual({
			userId: 'user-1',
			credentialId: 'login-1',
			sessionId: 's:1.a-b',
			write,
			expiresAt
		});
		expect(tokens.read(token, after(HOUR + 28_000))).not.toBeNull();
		expect(tokens.read(token, after(HOUR + 31_000))).toBeNull();
		expect(tokens.read(token, after(-32_000))).toBeNull();
	}
});

test('a token that was changed, signed by another or signed in another way counts for nothing', () => {
	const tokens = createSessionTokens(SECRET);
	const { token } = tokens.issue(ACTOR, 's', false, NOW);
	const [header, body, signature] = token.split('.') as [string, string, string];
	const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
	const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const none = encode({ alg: 'none', typ: 'JWT' });
	const wrong = [
		'',
		'.',
		'..',
		'a.b.c',
		`${header}.${body}`,
		`${header}.${body}.`,
		`${header}.${body}.${signature}.`,
		`${header}.${encode({ ...claims, scp: 'session:s:rw' })}.${signature}`,
		`${none}.${body}.`,
		`${none}.${body}.${signature}`,
		`${encode({ alg: 'HS512', typ: 'JWT' })}.${body}.${signature}`,
		createSessionTokens('y'.repeat(32)).issue(ACTOR, 's', false, NOW).token,
		// The deployment's secret itself is not the key.
		`${header}.${body}.${createHmac('sha256', SECRET).update(`${header}.${body}`).digest('base64url')}`,
		token + 'x'.repeat(3_000)
	];
	for (const one of wrong)
		expect([one.slice(0, 60), tokens.read(one, NOW)]).toEqual([one.slice(0, 60), null]);
	expect(tokens.read(token, NOW)).not.toBeNull();
});

test('what is lent ends with the login behind it, and opens no other door', async () => {
	const v = await testVillage();
	const cookie = await v.setup();
	const owner = (await v.actor(cookie))!;
	const { token } = v.auth.sessionTokens.issue(
		{ id: owner.id, credentialId: owner.credentialId! },
		'session-1',
		true,
		v.clock.now()
	);
	const identify = () =>
		v.auth.identityFromRequest({
			header: (name) => (name === 'authorization' ? `Bearer ${token}` : undefined),
			cookieAllowed: false,
			transport: 'ws',
			ip: null
		});
	expect(await v.bearer(token)).toBeNull();
	expect(await identify()).toMatchObject({
		actor: { id: owner.id, credentialId: owner.credentialId },
		grant: { sessionId: 'session-1', write: true }
	});
	await v.auth.signOut(owner);
	expect(await identify()).toBeNull();
});
