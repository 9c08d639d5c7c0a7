// One-time codes in links: the first owner's set-up, sign-in, invitations. Single use, by one conditional update.
import { and, eq, gt, inArray, isNull, lte } from 'drizzle-orm';
import type { Role } from '#domain/permissions.ts';
import { linkCodes } from '#server/db/schema/accounts.ts';
import type { Db, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/new-id.ts';
import { hashSecret, newSecret, SECRET_PATTERN } from './secrets.ts';

export type LinkKind = 'setup' | 'sign_in' | 'invitation';

const MINUTE = 60_000;
/** How long a link may be used, in milliseconds. */
export const LINK_LIFETIME: Record<LinkKind, number> = {
	setup: 60 * MINUTE,
	sign_in: 10 * MINUTE,
	invitation: 7 * 24 * 60 * MINUTE
};

export interface Link {
	id: string;
	kind: LinkKind;
	userId: string | null;
	orgId: string | null;
	role: Role | null;
	email: string | null;
	createdBy: string | null;
	expiresAt: Date;
}

export interface NewLink {
	id: string;
	/** Shown once; only its hash is stored. */
	code: string;
	expiresAt: Date;
}

/** Makes a link. The caller's transaction decides whether it exists. */
export async function createLink(
	db: Db | Tx,
	fields: {
		kind: LinkKind;
		now: Date;
		userId?: string;
		orgId?: string;
		role?: Role;
		email?: string | null;
		createdBy?: string;
	}
): Promise<NewLink> {
	const { now, ...row } = fields;
	const code = newSecret();
	const expiresAt = new Date(now.getTime() + LINK_LIFETIME[fields.kind]);
	const id = newId(now);
	await db
		.insert(linkCodes)
		.values({ ...row, id, secretHash: hashSecret(code), expiresAt, createdAt: now });
	return { id, code, expiresAt };
}

/** What a code stands for while it can still be used; null for unknown, expired and used ones alike. */
export async function findLink(db: Db | Tx, code: string, now: Date): Promise<Link | null> {
	if (!SECRET_PATTERN.test(code)) return null;
	const [row] = await db
		.select()
		.from(linkCodes)
		.where(
			and(
				eq(linkCodes.secretHash, hashSecret(code)),
				isNull(linkCodes.usedAt),
				gt(linkCodes.expiresAt, now)
			)
		);
	return row ?? null;
}

/** Uses a code up, or throws `LINK_INVALID`. Of two at once exactly one succeeds; a rolled-back transaction gives it back. */
export async function claimLink(
	db: Db | Tx,
	code: string,
	kinds: LinkKind[],
	now: Date
): Promise<Link> {
	if (!SECRET_PATTERN.test(code)) throw linkInvalid();
	const [row] = await db
		.update(linkCodes)
		.set({ usedAt: now })
		.where(
			and(
				eq(linkCodes.secretHash, hashSecret(code)),
				inArray(linkCodes.kind, kinds),
				isNull(linkCodes.usedAt),
				gt(linkCodes.expiresAt, now)
			)
		)
		.returning();
	if (!row) throw linkInvalid();
	return row;
}

/** The one answer for a code that is unknown, expired, used, or of another kind. */
export function linkInvalid(): AppError {
	return new AppError('LINK_INVALID', 'This link is not valid any more. Ask for a new one.');
}

/** Path of the page that takes a code; the code is in the path, never in the query. */
export function linkPath(kind: LinkKind, code: string): string {
	return kind === 'invitation' ? `/invite/${code}` : `/sign-in/${code}`;
}

/** Deletes codes that expired more than a week ago, used or not. */
export async function sweepLinks(db: Db | Tx, now: Date): Promise<void> {
	await db
		.delete(linkCodes)
		.where(lte(linkCodes.expiresAt, new Date(now.getTime() - 7 * 24 * 60 * MINUTE)));
}
