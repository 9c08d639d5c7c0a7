// API tokens `avu_<id>_<secret>`: capped by their own role and scopes, hashed at rest, revoked at once.
import { and, count, desc, eq, gt, isNull, lt, or } from 'drizzle-orm';
import type { Role, Scope } from '#domain/permissions.ts';
import { apiTokens } from '#server/db/schema/accounts.ts';
import type { Db, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/new-id.ts';
import { hashSecret, newSecret, sameHash } from './secrets.ts';

const TOKEN_PATTERN = /^avu_([0-9a-f-]{36})_([A-Za-z0-9_-]{43})$/;
/** Living tokens of one person. */
const MAX_TOKENS_PER_USER = 100;
/** `lastUsedAt` is written at most this often. */
const TOUCH_MS = 60_000;

export interface ApiToken {
	id: string;
	userId: string;
	orgId: string | null;
	name: string;
	maxRole: Role;
	scopes: Scope[] | null;
	expiresAt: Date | null;
	lastUsedAt: Date | null;
	createdAt: Date;
}

const PUBLIC = {
	id: apiTokens.id,
	userId: apiTokens.userId,
	orgId: apiTokens.orgId,
	name: apiTokens.name,
	maxRole: apiTokens.maxRole,
	scopes: apiTokens.scopes,
	expiresAt: apiTokens.expiresAt,
	lastUsedAt: apiTokens.lastUsedAt,
	createdAt: apiTokens.createdAt
};

/** Makes a token. The clear text is returned this once. */
export async function createToken(
	db: Db | Tx,
	fields: {
		userId: string;
		name: string;
		maxRole: Role;
		/** Null: every org of the person. */
		orgId?: string | null;
		scopes?: Scope[] | null;
		expiresAt?: Date | null;
		now: Date;
	}
): Promise<{ token: ApiToken; clear: string }> {
	const { now, ...row } = fields;
	const [living] = await db
		.select({ n: count() })
		.from(apiTokens)
		.where(and(eq(apiTokens.userId, row.userId), isNull(apiTokens.revokedAt)));
	if ((living?.n ?? 0) >= MAX_TOKENS_PER_USER)
		throw new AppError('CONFLICT', 'Revoke a token first: this account has as many as it may.', {
			limit: MAX_TOKENS_PER_USER
		});
	const secret = newSecret();
	const id = newId(now);
	const [token] = await db
		.insert(apiTokens)
		.values({ ...row, id, secretHash: hashSecret(secret), createdAt: now })
		.returning(PUBLIC);
	return { token: token!, clear: `avu_${id}_${secret}` };
}

/** The living token a clear text stands for, or null. */
export async function findToken(db: Db | Tx, clear: string, now: Date): Promise<ApiToken | null> {
	const parts = TOKEN_PATTERN.exec(clear);
	if (!parts) return null;
	const [row] = await db
		.select({ ...PUBLIC, secretHash: apiTokens.secretHash })
		.from(apiTokens)
		.where(living(parts[1]!, now));
	if (!row || !sameHash(row.secretHash, hashSecret(parts[2]!))) return null;
	const { secretHash: _, ...token } = row;
	return token;
}

const living = (id: string, now: Date) =>
	and(
		eq(apiTokens.id, id),
		isNull(apiTokens.revokedAt),
		or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, now))
	);

/** The living token with that id, or null. */
export async function livingToken(
	db: Db | Tx,
	tokenId: string,
	now: Date
): Promise<ApiToken | null> {
	const [row] = await db.select(PUBLIC).from(apiTokens).where(living(tokenId, now));
	return row ?? null;
}

/** When a token ends, or null when it is unknown, revoked or has no end. */
export async function endOfToken(db: Db | Tx, tokenId: string): Promise<Date | null> {
	const [row] = await db
		.select({ expiresAt: apiTokens.expiresAt })
		.from(apiTokens)
		.where(and(eq(apiTokens.id, tokenId), isNull(apiTokens.revokedAt)));
	return row?.expiresAt ?? null;
}

/** Notes that a token was used, at most once a minute. */
export async function touchToken(db: Db | Tx, token: ApiToken, now: Date): Promise<void> {
	const before = new Date(now.getTime() - TOUCH_MS);
	if (token.lastUsedAt && token.lastUsedAt > before) return;
	await db
		.update(apiTokens)
		.set({ lastUsedAt: now })
		.where(
			and(
				eq(apiTokens.id, token.id),
				or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, before))
			)
		);
}

/** The living tokens of a person, newest first, without secrets. */
export function listTokens(db: Db | Tx, userId: string): Promise<ApiToken[]> {
	return db
		.select(PUBLIC)
		.from(apiTokens)
		.where(and(eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
		.orderBy(desc(apiTokens.createdAt));
}

/** Revokes a token of that person; false when there is none. */
export async function revokeToken(
	db: Db | Tx,
	userId: string,
	tokenId: string,
	now: Date
): Promise<boolean> {
	const rows = await db
		.update(apiTokens)
		.set({ revokedAt: now })
		.where(
			and(eq(apiTokens.id, tokenId), eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt))
		)
		.returning({ id: apiTokens.id });
	return rows.length > 0;
}
