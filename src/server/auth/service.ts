// Signing in and out: passwords and one-time links, throttled, audited, revocable.
import { randomBytes } from 'node:crypto';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { audit } from '#server/audit/service.ts';
import type { Clock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import { memberships, users } from '#server/db/schema/accounts.ts';
import type { Database, Db, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { Actor } from './actor.ts';
import { createAuthenticator, type Authenticator } from './authenticate.ts';
import { createExpiry } from './expiry.ts';
import * as links from './links.ts';
import { createOrigins, baseUrl, type Origins } from './origin.ts';
import { createPasswords, type Passwords } from './passwords.ts';
import { createRevocations, type Revocations } from './revocation.ts';
import { createSessionTokens, type SessionTokens } from './session-tokens.ts';
import * as sessions from './sessions.ts';
import type { Client, NewLogin } from './sessions.ts';
import { createThrottle, SIGN_IN_ATTEMPTS } from './throttle.ts';
import * as tokens from './tokens.ts';

export interface Auth extends Pick<
	Authenticator,
	'actorFromRequest' | 'identityFromRequest' | 'forget'
> {
	readonly origins: Origins;
	readonly revocations: Revocations;
	readonly passwords: Passwords;
	readonly sessionTokens: SessionTokens;
	/** The rows behind it, for subjects that work with them in their own transactions. */
	readonly sessions: typeof sessions;
	readonly links: typeof links;
	readonly tokens: typeof tokens;
	/** Signs in with a password. One `SIGN_IN_FAILED` for every reason; `RATE_LIMITED` after ten attempts. */
	signIn(input: { email: string; password: string }, client: Client): Promise<NewLogin>;
	/** Signs in with a one-time `sign_in` code. Throws `LINK_INVALID`. */
	redeemSignIn(code: string, client: Client): Promise<NewLogin>;
	/** Counts an attempt against an address (and an account), or throws `RATE_LIMITED`. */
	countAttempt(client: Pick<Client, 'ip'>, account?: string): void;
	/** Ends the login the actor came with, and everything that lives on it. A token has none to end. */
	signOut(actor: Pick<Actor, 'kind' | 'id' | 'credentialId' | 'transport' | 'ip'>): Promise<void>;
	/**
	 * A link that signs a person in: the set-up link while nobody owns this village, else one for the
	 * person with that address or the first owner. Throws `USER_NOT_FOUND`.
	 */
	loginLink(email?: string): Promise<{ url: string; kind: 'setup' | 'sign_in'; expiresAt: Date }>;
	/** The address of the page that takes a code. */
	linkUrl(kind: links.LinkKind, code: string): string;
	/** Whether a person (not a service user) owns any org yet. */
	hasOwner(db?: Db | Tx): Promise<boolean>;
	/** The person (not a service user) who has owned an org for longest. */
	firstOwner(db?: Db | Tx): Promise<{ id: string; name: string } | null>;
	close(): void;
}

const SWEEP_MS = 3_600_000;

export function openAuth(deps: {
	database: Database;
	clock: Clock;
	log: Logger;
	config: Pick<Config, 'publicUrl' | 'allowedOrigins' | 'host' | 'port'>;
	/** What session tokens are signed with; without it, they count in this process alone. */
	secret?: string;
}): Auth {
	const { clock, log, config } = deps;
	const { db } = deps.database;
	const revocations = createRevocations((error) =>
		log.error({ err: error }, 'a listener for revocations failed')
	);
	const expiry = createExpiry({
		clock,
		revocations,
		stillUntil: async (id) => (await sessions.endOfLogin(db, id)) ?? tokens.endOfToken(db, id),
		onError: (error) => log.warn({ err: error }, 'ends of credentials were not looked up')
	});
	const sessionTokens = createSessionTokens(deps.secret ?? randomBytes(32).toString('base64url'));
	const authenticator = createAuthenticator({
		db,
		sessionTokens,
		clock,
		revocations,
		watchExpiry: (id, at) => expiry.watch(id, at)
	});
	const passwords = createPasswords();
	const byAddress = createThrottle(clock, SIGN_IN_ATTEMPTS);
	const byAccount = createThrottle(clock, SIGN_IN_ATTEMPTS);
	const sweeper = setInterval(() => {
		Promise.all([sessions.sweepSessions(db, clock.now()), links.sweepLinks(db, clock.now())]).catch(
			(error: unknown) => log.warn({ err: error }, 'old logins were not removed')
		);
	}, SWEEP_MS).unref();

	function countAttempt(client: Pick<Client, 'ip'>, account?: string): void {
		const wait = Math.max(
			byAddress.take(client.ip ?? 'unknown'),
			account === undefined ? 0 : byAccount.take(account)
		);
		if (wait > 0)
			throw new AppError('RATE_LIMITED', 'Too many attempts. Wait a few minutes and try again.', {
				retryAfterMs: wait
			});
	}

	const linkUrl = (kind: links.LinkKind, code: string) =>
		baseUrl(config) + links.linkPath(kind, code);

	const begin = (userId: string, how: 'password' | 'link', client: Client) =>
		db.transaction(async (tx) => {
			const login = await sessions.createSession(tx, userId, client);
			await audit(tx, {
				orgId: null,
				actor: { kind: 'user', id: userId, transport: 'web', ip: client.ip },
				action: 'login.create',
				target: { kind: 'login', id: login.id },
				detail: { how },
				at: clock.now()
			});
			return login;
		});

	return {
		origins: createOrigins(config),
		revocations,
		passwords,
		sessionTokens,
		sessions,
		links,
		tokens,
		actorFromRequest: authenticator.actorFromRequest,
		identityFromRequest: authenticator.identityFromRequest,
		forget: authenticator.forget,
		countAttempt,
		linkUrl,
		async signIn({ email, password }, client) {
			const account = email.trim().toLowerCase();
			countAttempt(client, account);
			const user = await findByEmail(db, account);
			const right = await passwords.verify(user?.passwordHash ?? null, password);
			if (!user || !right || user.disabledAt || user.isService)
				throw new AppError('SIGN_IN_FAILED', 'The email address or the password is wrong.');
			byAccount.forgive(account);
			return begin(user.id, 'password', client);
		},
		async redeemSignIn(code, client) {
			countAttempt(client);
			const userId = await db.transaction(async (tx) => {
				const link = await links.claimLink(tx, code, ['sign_in'], clock.now());
				const [user] = await tx
					.select({ id: users.id })
					.from(users)
					.where(and(eq(users.id, link.userId ?? ''), isNull(users.disabledAt)));
				if (!user) throw links.linkInvalid();
				return user.id;
			});
			return begin(userId, 'link', client);
		},
		async signOut(actor) {
			const loginId = actor.credentialId;
			if (actor.kind !== 'user' || !loginId) return;
			await db.transaction(async (tx) => {
				await sessions.endSession(tx, loginId);
				await audit(tx, {
					orgId: null,
					actor,
					action: 'login.end',
					target: { kind: 'login', id: loginId },
					at: clock.now()
				});
			});
			revocations.publish({ kind: 'credential', credentialId: loginId });
		},
		async loginLink(email) {
			const owner = await firstOwner(db);
			if (!owner && email === undefined) {
				const link = await links.createLink(db, { kind: 'setup', now: clock.now() });
				const url = linkUrl('setup', link.code);
				return { url, kind: 'setup', expiresAt: link.expiresAt };
			}
			const user = email === undefined ? owner : await findByEmail(db, email.trim().toLowerCase());
			if (!user || user.disabledAt || user.isService)
				throw new AppError('USER_NOT_FOUND', 'No such person.');
			const link = await links.createLink(db, {
				kind: 'sign_in',
				userId: user.id,
				now: clock.now()
			});
			const url = linkUrl('sign_in', link.code);
			return { url, kind: 'sign_in', expiresAt: link.expiresAt };
		},
		firstOwner: (on = db) => firstOwner(on),
		hasOwner: async (on = db) => (await firstOwner(on)) !== null,
		close() {
			clearInterval(sweeper);
			expiry.close();
			authenticator.close();
		}
	};
}

type UserRow = typeof users.$inferSelect;

async function findByEmail(db: Db, email: string): Promise<UserRow | null> {
	const [user] = await db
		.select()
		.from(users)
		.where(sql`lower(${users.email}) = ${email}`);
	return user ?? null;
}

/** The enabled person who has owned an org for longest. */
async function firstOwner(db: Db | Tx): Promise<UserRow | null> {
	const [row] = await db
		.select({ user: users })
		.from(users)
		.innerJoin(memberships, eq(memberships.userId, users.id))
		.where(and(eq(memberships.role, 'owner'), eq(users.isService, false), isNull(users.disabledAt)))
		.orderBy(asc(memberships.createdAt), asc(users.id))
		.limit(1);
	return row?.user ?? null;
}
