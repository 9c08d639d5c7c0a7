// Request → Actor, for pages, tRPC, REST and upgrades alike.
import { and, eq, isNull } from 'drizzle-orm';
import { lowerRole, type Grants } from '#domain/permissions.ts';
import type { Clock } from '#server/clock.ts';
import { memberships, users } from '#server/db/schema/accounts.ts';
import type { Db } from '#server/db/open.ts';
import type { Actor } from './actor.ts';
import type { ReadHeader } from './headers.ts';
import type { Revocations } from './revocation.ts';
import { hashSecret } from './secrets.ts';
import type { SessionGrant, SessionTokens } from './session-tokens.ts';
import { findLogin, readSessionCookie, validateSession, type Login } from './sessions.ts';
import { findToken, livingToken, touchToken, type ApiToken } from './tokens.ts';

export interface RequestFacts {
	header: ReadHeader;
	/** False where the cookie must not count: upgrades without an allowed Origin. */
	cookieAllowed: boolean;
	transport: Actor['transport'];
	ip: string | null;
}

/** Somebody on a door that session tokens open too. */
export interface Identity {
	actor: Actor;
	/** What a session token limits them to; null for a login or an API token. */
	grant: Pick<SessionGrant, 'sessionId' | 'write'> | null;
	/** When the credential ends by itself; null: never. */
	expiresAt: Date | null;
}

export interface Authenticator {
	/** Who asks, or null. An `Authorization` header that is wrong is never made good by a cookie. */
	actorFromRequest(request: RequestFacts): Promise<Actor | null>;
	/** The same for doors that take session tokens besides. Nothing else may: they lend one session alone. */
	identityFromRequest(request: RequestFacts): Promise<Identity | null>;
	/** Drops what is remembered of people, after a change that took nothing away from anybody. */
	forget(): void;
	close(): void;
}

type Principal = Pick<
	Actor,
	'kind' | 'id' | 'name' | 'isAdmin' | 'memberships' | 'credentialId'
> & { expiresAt: Date | null };

/** Credentials remembered between requests; every revocation forgets them all. */
const MAX_CACHED = 1000;
/** Time after which a remembered one is read again, so that sliding and `lastUsedAt` go on. */
const CACHE_MS = 30_000;

export function createAuthenticator(deps: {
	db: Db;
	clock: Clock;
	revocations: Revocations;
	/** Told of every credential with an end on which something may stay open. */
	watchExpiry: (credentialId: string, expiresAt: Date) => void;
	sessionTokens: SessionTokens;
}): Authenticator {
	const { db, clock } = deps;
	const cache = new Map<string, { principal: Principal; at: number }>();
	/** Counts revocations, so that a look-up begun before one is not remembered after it. */
	let epoch = 0;
	const forget = () => {
		epoch++;
		cache.clear();
	};
	const stop = deps.revocations.subscribe(forget);

	async function remembered(secret: string, load: () => Promise<Principal | null>) {
		// Keyed by hash: a heap dump should not be a list of passwords either.
		const key = hashSecret(secret);
		const now = clock.monotonicMs();
		const hit = cache.get(key);
		if (hit && now - hit.at < CACHE_MS && !expired(hit.principal)) return hit.principal;
		const before = epoch;
		const principal = await load();
		cache.delete(key);
		if (principal && before === epoch) {
			cache.set(key, { principal, at: now });
			if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!);
		}
		return principal;
	}

	const expired = (principal: Principal) =>
		principal.expiresAt !== null && principal.expiresAt <= clock.now();

	async function byCookie(secret: string): Promise<Principal | null> {
		const login = await validateSession(db, secret);
		return login && byLogin(login);
	}

	async function byLogin(login: Login): Promise<Principal | null> {
		const person = await findPerson(db, login.userId);
		if (!person || person.isService) return null;
		return {
			kind: 'user',
			id: person.id,
			name: person.name,
			isAdmin: person.isAdmin,
			memberships: person.memberships,
			credentialId: login.id,
			expiresAt: login.expiresAt
		};
	}

	async function byToken(clear: string): Promise<Principal | null> {
		const token = await findToken(db, clear, clock.now());
		return token && byApiToken(token);
	}

	async function byApiToken(token: ApiToken): Promise<Principal | null> {
		const person = await findPerson(db, token.userId);
		if (!person) return null;
		await touchToken(db, token, clock.now());
		const unlimited = token.maxRole === 'owner' && token.orgId === null;
		return {
			kind: 'token',
			id: person.id,
			name: person.isService ? person.name : `${person.name} (${token.name})`,
			isAdmin: person.isAdmin && unlimited && (!token.scopes || token.scopes.includes('admin')),
			memberships: capped(person.memberships, token),
			credentialId: token.id,
			expiresAt: token.expiresAt
		};
	}

	/** Whoever lent a session token, as they are now. */
	async function byGrant({ userId, credentialId }: SessionGrant): Promise<Principal | null> {
		const now = clock.now();
		const login = await findLogin(db, credentialId, now);
		if (login) return login.userId === userId ? byLogin(login) : null;
		const token = await livingToken(db, credentialId, now);
		return token?.userId === userId ? byApiToken(token) : null;
	}

	async function principalFrom(request: RequestFacts): Promise<Principal | null> {
		const authorization = request.header('authorization');
		if (authorization !== undefined) {
			const bearer = /^Bearer +(avu_[A-Za-z0-9_-]{1,120})$/i.exec(authorization)?.[1];
			return bearer ? remembered(bearer, () => byToken(bearer)) : null;
		}
		const secret = request.cookieAllowed ? readSessionCookie(request.header('cookie')) : null;
		return secret ? remembered(secret, () => byCookie(secret)) : null;
	}

	function actorOf(principal: Principal, { transport, ip }: RequestFacts): Actor {
		const { expiresAt, ...who } = principal;
		if (expiresAt && who.credentialId && (transport === 'ws' || transport === 'trpc'))
			deps.watchExpiry(who.credentialId, expiresAt);
		return { ...who, transport, ip };
	}

	return {
		async actorFromRequest(request) {
			const principal = await principalFrom(request);
			return principal && actorOf(principal, request);
		},
		async identityFromRequest(request) {
			const bearer = /^Bearer +(\S{1,2000})$/i.exec(request.header('authorization') ?? '')?.[1];
			const grant = bearer ? deps.sessionTokens.read(bearer, clock.now()) : null;
			const principal = await (grant && bearer
				? remembered(bearer, () => byGrant(grant))
				: principalFrom(request));
			if (!principal) return null;
			const ends = [principal.expiresAt, grant?.expiresAt ?? null].filter((at) => at !== null);
			return {
				actor: actorOf(principal, request),
				grant: grant && { sessionId: grant.sessionId, write: grant.write },
				expiresAt: ends.length > 0 ? new Date(Math.min(...ends.map(Number))) : null
			};
		},
		forget,
		close: stop
	};
}

interface Person {
	id: string;
	name: string;
	isAdmin: boolean;
	isService: boolean;
	memberships: Map<string, Grants>;
}

/** An enabled person with every membership; null when unknown or disabled. */
async function findPerson(db: Db, userId: string): Promise<Person | null> {
	const rows = await db
		.select({ user: users, membership: memberships })
		.from(users)
		.leftJoin(memberships, eq(memberships.userId, users.id))
		.where(and(eq(users.id, userId), isNull(users.disabledAt)));
	const user = rows[0]?.user;
	if (!user) return null;
	const grants = new Map<string, Grants>();
	for (const { membership } of rows)
		if (membership)
			grants.set(membership.orgId, {
				role: membership.role,
				approve: membership.approve,
				scopes: null
			});
	const { id, name, isAdmin, isService } = user;
	return { id, name, isAdmin, isService, memberships: grants };
}

/** What a token lends: never more than the person has, nor more than the token allows. */
function capped(own: Map<string, Grants>, token: ApiToken): Map<string, Grants> {
	const lent = new Map<string, Grants>();
	for (const [orgId, grants] of own) {
		if (token.orgId !== null && token.orgId !== orgId) continue;
		lent.set(orgId, {
			role: lowerRole(grants.role, token.maxRole),
			// A read-only token of somebody with a personal right to approve must not approve.
			approve: token.maxRole === 'viewer' ? false : grants.approve,
			scopes: token.scopes
		});
	}
	return lent;
}
