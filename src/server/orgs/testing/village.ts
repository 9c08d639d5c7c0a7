// A first org with people in it, on a real database, for tests of everything that asks who somebody is.
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Role } from '#domain/permissions.ts';
import { openAuth, type Auth } from '#server/auth/service.ts';
import { headerReader } from '#server/auth/headers.ts';
import type { Actor } from '#server/auth/actor.ts';
import { createMemoryBus } from '#server/bus/memory.ts';
import type { Clock } from '#server/clock.ts';
import { testDatabase } from '#server/db/testing/database.ts';
import type { Database } from '#server/db/open.ts';
import { createEventLog, type EventLog } from '#server/events/log.ts';
import { openAccount, type Account } from '../account.ts';
import { openOrgs, type Orgs } from '../service.ts';

/** A clock that moves when told to. */
export interface TestClock extends Clock {
	advance(ms: number): void;
}

export function testClock(): TestClock {
	let offset = 0;
	return {
		now: () => new Date(Date.now() + offset),
		monotonicMs: () => performance.now() + offset,
		advance: (ms) => void (offset += ms)
	};
}

export interface TestVillage {
	database: Database;
	clock: TestClock;
	events: EventLog;
	auth: Auth;
	orgs: Orgs;
	account: Account;
	/** The code at the end of a link. */
	codeOf(url: string): string;
	/** Uses the set-up link; returns the cookie's token. */
	setup(name?: string): Promise<string>;
	/** Invites somebody and lets them accept; returns the cookie's token. */
	join(owner: Actor, orgId: string, role: Role, email: string): Promise<string>;
	actor(cookie: string): Promise<Actor | null>;
	bearer(token: string): Promise<Actor | null>;
}

export const CLIENT = { ip: '127.0.0.1', agent: 'test' };
export const PASSWORD = 'correct horse battery';

export async function testVillage(): Promise<TestVillage> {
	const database = await testDatabase();
	const clock = testClock();
	const log = pino({ level: 'silent' });
	const config = {
		publicUrl: null,
		allowedOrigins: [],
		host: '127.0.0.1',
		port: 3000,
		maxSessions: null
	};
	const events = createEventLog({ database, clock, bus: createMemoryBus(() => {}) });
	const auth = openAuth({ database, clock, log, config });
	onTestFinished(() => auth.close());
	let seeds = 0;
	const orgs = openOrgs({
		database,
		events,
		auth,
		clock,
		config,
		newSeed: () => `seed-${++seeds}`
	});
	const account = openAccount({ database, auth, clock });
	const ask = (headers: Record<string, string>) =>
		auth.actorFromRequest({
			header: headerReader(headers),
			cookieAllowed: true,
			transport: 'trpc',
			ip: '127.0.0.1'
		});
	const village: TestVillage = {
		database,
		clock,
		events,
		auth,
		orgs,
		account,
		codeOf: (url) => url.slice(url.lastIndexOf('/') + 1),
		async setup(name = 'Ada') {
			const { url } = await auth.loginLink();
			return (await orgs.setup(village.codeOf(url), { name }, CLIENT)).token;
		},
		async join(owner, orgId, role, email) {
			const { url } = await orgs.invite(owner, orgId, { role });
			const account = { name: email.split('@')[0]!, email, password: PASSWORD };
			return (await orgs.acceptInvitation(village.codeOf(url), account, CLIENT)).token;
		},
		actor: (cookie) => ask({ cookie: `av_login=${cookie}` }),
		bearer: (token) => ask({ authorization: `Bearer ${token}` })
	};
	return village;
}
