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
import { readSessionCookie, validateSession } from './sessions.ts';
import { findToken, touchToken, type ApiToken } from './tokens.ts';

export interface RequestFacts {
	header: ReadHeader;
	/** False where the cookie must not count: upgrades without an allowed Origin. */
	cookieAllowed: boolean;
	transport: Actor['transport'];
	ip: string | null;
}

export interface Authenticator {
	/** Who asks, or null. An `Authorization` header that is wrong is never made good by a cookie. */
	actorFromRequest(request: RequestFacts): Promise<Actor | null>;
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
		const person = login && (await findPerson(db, login.userId));
		if (!login || !person || person.isService) return null;
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
		const person = token && (await findPerson(db, token.userId));
		if (!token || !person) return null;
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

	return {
		async actorFromRequest({ header, cookieAllowed, transport, ip }) {
			const authorization = header('authorization');
			let principal: Principal | null = null;
			if (authorization !== undefined) {
				const bearer = /^Bearer +(avu_[A-Za-z0-9_-]{1,120})$/i.exec(authorization)?.[1];
				if (bearer) principal = await remembered(bearer, () => byToken(bearer));
			} else if (cookieAllowed) {
				const secret = readSessionCookie(header('cookie'));
				if (secret) principal = await remembered(secret, () => byCookie(secret));
			}
			if (!principal) return null;
			const { expiresAt, ...who } = principal;
			if (expiresAt && who.credentialId && (transport === 'ws' || transport === 'trpc'))
				deps.watchExpiry(who.credentialId, expiresAt);
			return { ...who, transport, ip };
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
