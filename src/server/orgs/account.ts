// What people do with their own account: profile, password, logins, tokens.
import { eq, sql } from 'drizzle-orm';
import { atLeast, type Role, type Scope } from '#domain/permissions.ts';
import { missing, type Actor } from '#server/auth/actor.ts';
import type { Auth } from '#server/auth/service.ts';
import type { ApiToken } from '#server/auth/tokens.ts';
import type { ApiTokenView } from '#domain/views.ts';
import { audit } from '#server/audit/service.ts';
import type { Clock } from '#server/clock.ts';
import { users } from '#server/db/schema/accounts.ts';
import type { Database, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';

export interface Profile {
	id: string;
	name: string;
	email: string | null;
	hasPassword: boolean;
	isAdmin: boolean;
	preferences: Record<string, unknown>;
	createdAt: string;
}

/** One browser that is signed in. */
export interface LoginView {
	id: string;
	ip: string | null;
	agent: string | null;
	createdAt: string;
	expiresAt: string;
	/** The one that asks. */
	current: boolean;
}

export interface Account {
	profile(actor: Actor): Promise<Profile>;
	/** Changes name, email address or preferences (merged key by key). Throws `CONFLICT` when the address is in use. */
	update(
		actor: Actor,
		change: { name?: string; email?: string; preferences?: Record<string, unknown> }
	): Promise<Profile>;
	/** Sets a password and ends every other login. Throws `SIGN_IN_FAILED` when the current one is wrong. */
	setPassword(actor: Actor, input: { current: string | null; next: string }): Promise<void>;
	logins(actor: Actor): Promise<LoginView[]>;
	/** Ends one of one's own logins. */
	endLogin(actor: Actor, loginId: string): Promise<void>;
	/** Ends every login except the one that asks. Returns how many. */
	signOutEverywhere(actor: Actor): Promise<number>;
	tokens(actor: Actor): Promise<ApiTokenView[]>;
	/** Makes a token; the clear text is in the answer, once. Throws `FORBIDDEN` for more than one has. */
	createToken(
		actor: Actor,
		input: {
			name: string;
			maxRole: Role;
			orgId?: string | null;
			scopes?: Scope[] | null;
			expiresAt?: Date | null;
		}
	): Promise<ApiTokenView & { secret: string }>;
	/** Throws `TOKEN_NOT_FOUND`. Works from the next request on; sockets end within seconds. */
	revokeToken(actor: Actor, tokenId: string): Promise<void>;
}

/** Serialized preferences of one person, in characters. */
const MAX_PREFERENCES = 8_000;

export function openAccount(deps: { database: Database; auth: Auth; clock: Clock }): Account {
	const { auth, clock } = deps;
	const { db } = deps.database;

	async function own(actor: Actor): Promise<typeof users.$inferSelect> {
		const [user] = await db.select().from(users).where(eq(users.id, actor.id));
		if (!user) throw missing('USER_NOT_FOUND');
		return user;
	}

	const record = (tx: Tx, actor: Actor, action: string, target: { kind: string; id: string }) =>
		audit(tx, { orgId: null, actor, action, target, at: clock.now() });

	/** A stolen token must not be able to lock its owner out. */
	function demandPerson(actor: Actor): void {
		if (actor.kind !== 'user')
			throw new AppError('FORBIDDEN', 'Sign in to do this; a token cannot.');
	}

	const endCredentials = (ids: string[]) =>
		ids.forEach((credentialId) => auth.revocations.publish({ kind: 'credential', credentialId }));

	return {
		profile: async (actor) => profileOf(await own(actor)),
		async update(actor, { name, email, preferences }) {
			demandPerson(actor);
			const user = await own(actor);
			const merged = preferences ? { ...user.preferences, ...preferences } : user.preferences;
			if (JSON.stringify(merged).length > MAX_PREFERENCES)
				throw new AppError('VALIDATION_ERROR', 'That is too much to remember.');
			const address = email?.trim().toLowerCase();
			const [changed] = await db.transaction(async (tx) => {
				if (address !== undefined) {
					const [taken] = await tx
						.select({ id: users.id })
						.from(users)
						.where(sql`lower(${users.email}) = ${address}`);
					if (taken && taken.id !== actor.id)
						throw new AppError('CONFLICT', 'This email address is in use.');
				}
				await record(tx, actor, 'account.update', { kind: 'user', id: actor.id });
				return tx
					.update(users)
					.set({
						name: name ?? user.name,
						email: address ?? user.email,
						preferences: merged,
						updatedAt: clock.now()
					})
					.where(eq(users.id, actor.id))
					.returning();
			});
			// Names are remembered with credentials; nothing was lost, so sockets of the person need not end.
			auth.forget();
			return profileOf(changed!);
		},
		async setPassword(actor, { current, next }) {
			demandPerson(actor);
			const user = await own(actor);
			auth.countAttempt({ ip: actor.ip }, user.id);
			if (!user.email)
				throw new AppError(
					'VALIDATION_ERROR',
					'Give your email address first; you sign in with it.'
				);
			if (
				user.passwordHash !== null &&
				!(await auth.passwords.verify(user.passwordHash, current ?? ''))
			)
				throw new AppError('SIGN_IN_FAILED', 'The current password is wrong.');
			const passwordHash = await auth.passwords.hash(next);
			const ended = await db.transaction(async (tx) => {
				await tx
					.update(users)
					.set({ passwordHash, updatedAt: clock.now() })
					.where(eq(users.id, actor.id));
				await record(tx, actor, 'account.password', { kind: 'user', id: actor.id });
				return auth.sessions.endAllSessions(tx, actor.id, actor.credentialId);
			});
			endCredentials(ended);
		},
		async logins(actor) {
			demandPerson(actor);
			const rows = await auth.sessions.listSessions(db, actor.id, clock.now());
			return rows.map(({ id, ip, agent, createdAt, expiresAt }) => ({
				id,
				ip,
				agent,
				createdAt: createdAt.toISOString(),
				expiresAt: expiresAt.toISOString(),
				current: id === actor.credentialId
			}));
		},
		async endLogin(actor, loginId) {
			demandPerson(actor);
			const rows = await auth.sessions.listSessions(db, actor.id, clock.now());
			if (!rows.some((row) => row.id === loginId))
				throw new AppError('NOT_FOUND', 'No such login.');
			await db.transaction(async (tx) => {
				await auth.sessions.endSession(tx, loginId);
				await record(tx, actor, 'login.end', { kind: 'login', id: loginId });
			});
			endCredentials([loginId]);
		},
		async signOutEverywhere(actor) {
			demandPerson(actor);
			const ended = await db.transaction(async (tx) => {
				await record(tx, actor, 'login.end_all', { kind: 'user', id: actor.id });
				return auth.sessions.endAllSessions(tx, actor.id, actor.credentialId);
			});
			endCredentials(ended);
			return ended.length;
		},
		tokens: async (actor) => (await auth.tokens.listTokens(db, actor.id)).map(tokenView),
		async createToken(actor, input) {
			demandPerson(actor);
			const roles = [...actor.memberships]
				.filter(([orgId]) => !input.orgId || orgId === input.orgId)
				.map(([, grants]) => grants.role);
			if (input.orgId && roles.length === 0) throw missing('ORG_NOT_FOUND');
			if (!roles.some((role) => atLeast(role, input.maxRole)))
				throw new AppError('FORBIDDEN', 'A token cannot have a higher role than you.');
			const { token, clear } = await db.transaction(async (tx) => {
				const made = await auth.tokens.createToken(tx, {
					...input,
					userId: actor.id,
					now: clock.now()
				});
				await record(tx, actor, 'token.create', { kind: 'token', id: made.token.id });
				return made;
			});
			return { ...tokenView(token), secret: clear };
		},
		async revokeToken(actor, tokenId) {
			demandPerson(actor);
			const done = await db.transaction(async (tx) => {
				if (!(await auth.tokens.revokeToken(tx, actor.id, tokenId, clock.now()))) return false;
				await record(tx, actor, 'token.revoke', { kind: 'token', id: tokenId });
				return true;
			});
			if (!done) throw missing('TOKEN_NOT_FOUND');
			endCredentials([tokenId]);
		}
	};
}

function profileOf(user: typeof users.$inferSelect): Profile {
	const { id, name, email, isAdmin, preferences } = user;
	const createdAt = user.createdAt.toISOString();
	return {
		id,
		name,
		email,
		hasPassword: user.passwordHash !== null,
		isAdmin,
		preferences,
		createdAt
	};
}

function tokenView(token: ApiToken): ApiTokenView {
	const { id, name, maxRole, scopes } = token;
	return {
		id,
		name,
		maxRole,
		scopes,
		expiresAt: token.expiresAt?.toISOString() ?? null,
		lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
		createdAt: token.createdAt.toISOString()
	};
}
