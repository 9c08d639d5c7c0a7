// Logins, behind five functions: Lucia 3 is frozen upstream, and this file is all there is to replace.
import { DrizzlePostgreSQLAdapter } from '@lucia-auth/adapter-drizzle';
import { and, asc, desc, eq, gt, inArray, lte, ne } from 'drizzle-orm';
import { Lucia, TimeSpan } from 'lucia';
import { logins, users } from '#server/db/schema/accounts.ts';
import type { Db, Tx } from '#server/db/open.ts';
import { hashSecret, newSecret, SECRET_PATTERN } from './secrets.ts';

declare module 'lucia' {
	interface Register {
		DatabaseSessionAttributes: { ip: string | null; agent: string | null };
	}
}

export const LOGIN_COOKIE = 'av_login';

/** A login ends this long after it was last used (it slides once half of it has passed). */
const LOGIN_DAYS = 30;
/** Older logins of the same person are ended when there would be more. */
const MAX_LOGINS_PER_USER = 50;
/** What browsers keep a cookie for at most. The row alone decides how long a login lives. */
const COOKIE_SECONDS = 400 * 86_400;

export interface NewLogin {
	/** Goes into the cookie, and nowhere else. */
	token: string;
	id: string;
	expiresAt: Date;
}

export interface Login {
	id: string;
	userId: string;
	expiresAt: Date;
}

export interface LoginSummary {
	id: string;
	ip: string | null;
	agent: string | null;
	createdAt: Date;
	expiresAt: Date;
}

export interface Client {
	ip: string | null;
	/** The browser's own name for itself. */
	agent: string | null;
}

function luciaOn(db: Db | Tx) {
	// The adapter's types know one table shape; ours has the same columns and more.
	const adapter = new DrizzlePostgreSQLAdapter(db as never, logins as never, users as never);
	return new Lucia(adapter, { sessionExpiresIn: new TimeSpan(LOGIN_DAYS, 'd') });
}

/** Begins a login. The row's id is the SHA-256 of the token, so a leaked table opens no door. */
export async function createSession(
	db: Db | Tx,
	userId: string,
	client: Client
): Promise<NewLogin> {
	const token = newSecret();
	const session = await luciaOn(db).createSession(
		userId,
		{ ip: client.ip, agent: client.agent?.slice(0, 300) ?? null },
		{ sessionId: hashSecret(token) }
	);
	const surplus = await db
		.select({ id: logins.id })
		.from(logins)
		.where(eq(logins.userId, userId))
		.orderBy(desc(logins.createdAt), asc(logins.id))
		.offset(MAX_LOGINS_PER_USER);
	if (surplus.length > 0)
		await db.delete(logins).where(
			inArray(
				logins.id,
				surplus.map((row) => row.id)
			)
		);
	return { token, id: session.id, expiresAt: session.expiresAt };
}

/** The login a cookie's token stands for, or null when it is unknown, ended or expired. Slides the expiry. */
export async function validateSession(db: Db | Tx, token: string): Promise<Login | null> {
	if (!SECRET_PATTERN.test(token)) return null;
	const { session } = await luciaOn(db).validateSession(hashSecret(token));
	return session && { id: session.id, userId: session.userId, expiresAt: session.expiresAt };
}

/** A living login by its id, without touching it; null when there is none. */
export async function findLogin(db: Db | Tx, loginId: string, now: Date): Promise<Login | null> {
	const [row] = await db
		.select({ id: logins.id, userId: logins.userId, expiresAt: logins.expiresAt })
		.from(logins)
		.where(and(eq(logins.id, loginId), gt(logins.expiresAt, now)));
	return row ?? null;
}

/** Until when a login counts by now, or null when there is none. */
export async function endOfLogin(db: Db | Tx, loginId: string): Promise<Date | null> {
	const [row] = await db
		.select({ expiresAt: logins.expiresAt })
		.from(logins)
		.where(eq(logins.id, loginId));
	return row?.expiresAt ?? null;
}

/** Ends one login. */
export async function endSession(db: Db | Tx, loginId: string): Promise<void> {
	await luciaOn(db).invalidateSession(loginId);
}

/** Ends every login of a person, except perhaps the one that asks. Returns the ids of those ended. */
export async function endAllSessions(
	db: Db | Tx,
	userId: string,
	exceptId: string | null = null
): Promise<string[]> {
	const ended = await db
		.delete(logins)
		.where(and(eq(logins.userId, userId), exceptId ? ne(logins.id, exceptId) : undefined))
		.returning({ id: logins.id });
	return ended.map((row) => row.id);
}

/** The living logins of a person, newest first. */
export async function listSessions(
	db: Db | Tx,
	userId: string,
	now: Date
): Promise<LoginSummary[]> {
	return db
		.select({
			id: logins.id,
			ip: logins.ip,
			agent: logins.agent,
			createdAt: logins.createdAt,
			expiresAt: logins.expiresAt
		})
		.from(logins)
		.where(and(eq(logins.userId, userId), gt(logins.expiresAt, now)))
		.orderBy(desc(logins.createdAt));
}

/** Deletes rows of logins that have expired. */
export async function sweepSessions(db: Db | Tx, now: Date): Promise<void> {
	await db.delete(logins).where(lte(logins.expiresAt, now));
}

export interface SessionCookie {
	name: string;
	value: string;
	/** As SvelteKit's `cookies.set` takes them. */
	options: {
		path: '/';
		httpOnly: true;
		sameSite: 'lax';
		secure: boolean;
		maxAge: number;
	};
}

/** The cookie that carries a login, or (token null) the one that removes it. `secure` exactly under https. */
export function sessionCookie(token: string | null, secure: boolean): SessionCookie {
	return {
		name: LOGIN_COOKIE,
		value: token ?? '',
		options: {
			path: '/',
			httpOnly: true,
			sameSite: 'lax',
			secure,
			maxAge: token === null ? 0 : COOKIE_SECONDS
		}
	};
}

/** The login token in a `Cookie` header, or null. Of several cookies of that name the first counts. */
export function readSessionCookie(header: string | undefined): string | null {
	for (const part of header?.split(';') ?? []) {
		const at = part.indexOf('=');
		if (at > 0 && part.slice(0, at).trim() === LOGIN_COOKIE) {
			const value = part.slice(at + 1).trim();
			return SECRET_PATTERN.test(value) ? value : null;
		}
	}
	return null;
}
