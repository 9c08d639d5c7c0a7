import { and, asc, eq, gt, inArray, isNull } from 'drizzle-orm';
import { linkCodes, memberships, orgs, users } from '#server/db/schema/accounts.ts';
import type { Db, Tx } from '#server/db/open.ts';
import type { MemberView } from '#domain/views.ts';
import type { Invitation } from './members.ts';

/** Orgs by id, oldest first; null for all. */
export function findOrgs(db: Db | Tx, ids: string[] | null) {
	return db
		.select()
		.from(orgs)
		.where(ids === null ? undefined : inArray(orgs.id, ids))
		.orderBy(asc(orgs.createdAt), asc(orgs.id));
}

/** The row of an org, held until the transaction ends; null when there is none. */
export async function lockOrg(tx: Tx, orgId: string) {
	const [org] = await tx.select().from(orgs).where(eq(orgs.id, orgId)).for('update');
	return org ?? null;
}

/** Members by name, or the one with that user id. */
export async function findMembers(
	db: Db | Tx,
	orgId: string,
	userId?: string
): Promise<MemberView[]> {
	const rows = await db
		.select({
			userId: users.id,
			name: users.name,
			email: users.email,
			role: memberships.role,
			approve: memberships.approve,
			isAdmin: users.isAdmin,
			isService: users.isService,
			since: memberships.createdAt
		})
		.from(memberships)
		.innerJoin(users, eq(users.id, memberships.userId))
		.where(and(eq(memberships.orgId, orgId), userId ? eq(memberships.userId, userId) : undefined))
		.orderBy(asc(users.name), asc(users.id));
	return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

/** Invitations that can still be used. */
export async function findInvitations(
	db: Db | Tx,
	orgId: string,
	now: Date
): Promise<Invitation[]> {
	const rows = await db
		.select()
		.from(linkCodes)
		.where(
			and(
				eq(linkCodes.orgId, orgId),
				eq(linkCodes.kind, 'invitation'),
				isNull(linkCodes.usedAt),
				gt(linkCodes.expiresAt, now)
			)
		)
		.orderBy(asc(linkCodes.createdAt));
	return rows.map(({ id, email, role, createdBy, expiresAt }) => ({
		id,
		email,
		role: role!,
		createdBy,
		expiresAt: expiresAt.toISOString()
	}));
}
