// Members of an org and invitations to it.
import { and, eq, sql } from 'drizzle-orm';
import type { Role } from '#domain/permissions.ts';
import type { MemberView } from '#domain/views.ts';
import { demand, missing, type Actor } from '#server/auth/actor.ts';
import { linkCodes, memberships, users } from '#server/db/schema/accounts.ts';
import type { Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Change, OrgsDeps } from './service.ts';
import * as store from './store.ts';

export interface Invitation {
	id: string;
	email: string | null;
	role: Role;
	createdBy: string | null;
	expiresAt: string;
}

export interface Members {
	members(actor: Actor, orgId: string): Promise<MemberView[]>;
	/** Changes role and right to approve. Throws `LAST_OWNER`, `USER_NOT_FOUND`. */
	setMember(
		actor: Actor,
		orgId: string,
		userId: string,
		change: { role?: Role; approve?: boolean | null }
	): Promise<MemberView>;
	/** Takes a person out of an org; members may leave by themselves. Throws `LAST_OWNER`, `USER_NOT_FOUND`. */
	removeMember(actor: Actor, orgId: string, userId: string): Promise<void>;
	/** Makes an invitation; the address is shown this once. */
	invite(
		actor: Actor,
		orgId: string,
		input: { role: Role; email?: string | null }
	): Promise<{ id: string; url: string; expiresAt: Date }>;
	invitations(actor: Actor, orgId: string): Promise<Invitation[]>;
	cancelInvitation(actor: Actor, orgId: string, invitationId: string): Promise<void>;
}

/** Open invitations of an org. */
const MAX_INVITATIONS = 200;

export function openMembers({
	auth,
	clock,
	database: { db },
	change
}: OrgsDeps & { change: Change }): Members {
	return {
		async members(actor, orgId) {
			if (!actor.isAdmin) demand(actor, orgId, 'member.read');
			return store.findMembers(db, orgId);
		},
		async setMember(actor, orgId, userId, wanted) {
			demand(actor, orgId, 'member.manage');
			return change(actor, orgId, async (tx) => {
				const [before] = await store.findMembers(tx, orgId, userId);
				if (!before) throw missing('USER_NOT_FOUND');
				const role = wanted.role ?? before.role;
				const approve = wanted.approve === undefined ? before.approve : wanted.approve;
				if (before.role === 'owner' && role !== 'owner') await keepAnOwner(tx, orgId, userId);
				await tx
					.update(memberships)
					.set({ role, approve, updatedAt: clock.now() })
					.where(and(eq(memberships.orgId, orgId), eq(memberships.userId, userId)));
				return {
					result: { ...before, role, approve },
					changedUser: userId,
					audit: {
						action: 'member.change',
						target: { kind: 'user', id: userId },
						detail: { from: { role: before.role, approve: before.approve }, to: { role, approve } }
					},
					event: { type: 'member.changed', data: { userId, role, approve } }
				};
			});
		},
		async removeMember(actor, orgId, userId) {
			if (actor.kind === 'user' && actor.id === userId) demand(actor, orgId, 'org.read');
			else demand(actor, orgId, 'member.manage');
			await change(actor, orgId, async (tx) => {
				const [before] = await store.findMembers(tx, orgId, userId);
				if (!before) throw missing('USER_NOT_FOUND');
				if (before.role === 'owner') await keepAnOwner(tx, orgId, userId);
				await tx
					.delete(memberships)
					.where(and(eq(memberships.orgId, orgId), eq(memberships.userId, userId)));
				return {
					result: undefined,
					changedUser: userId,
					audit: {
						action: 'member.remove',
						target: { kind: 'user', id: userId },
						detail: { role: before.role }
					},
					event: { type: 'member.removed', data: { userId } }
				};
			});
		},
		async invite(actor, orgId, { role, email }) {
			demand(actor, orgId, 'member.manage');
			return change(actor, orgId, async (tx) => {
				const open = await store.findInvitations(tx, orgId, clock.now());
				if (open.length >= MAX_INVITATIONS)
					throw new AppError('CONFLICT', 'Cancel an invitation first: too many are open.', {
						limit: MAX_INVITATIONS
					});
				const link = await auth.links.createLink(tx, {
					kind: 'invitation',
					orgId,
					role,
					email: email ?? null,
					createdBy: actor.id,
					now: clock.now()
				});
				const url = auth.linkUrl('invitation', link.code);
				return {
					result: { id: link.id, url, expiresAt: link.expiresAt },
					audit: {
						action: 'member.invite',
						target: { kind: 'invitation', id: link.id },
						detail: { role, email: email ?? null }
					},
					event: { type: 'member.invited', data: { invitationId: link.id, role } }
				};
			});
		},
		async invitations(actor, orgId) {
			demand(actor, orgId, 'member.manage');
			return store.findInvitations(db, orgId, clock.now());
		},
		async cancelInvitation(actor, orgId, invitationId) {
			demand(actor, orgId, 'member.manage');
			await change(actor, orgId, async (tx) => {
				const open = await store.findInvitations(tx, orgId, clock.now());
				if (!open.some((invitation) => invitation.id === invitationId))
					throw new AppError('INVITATION_INVALID', 'No such open invitation.');
				await tx
					.update(linkCodes)
					.set({ usedAt: clock.now() })
					.where(eq(linkCodes.id, invitationId));
				return {
					result: undefined,
					audit: {
						action: 'member.uninvite',
						target: { kind: 'invitation', id: invitationId }
					},
					event: { type: 'member.invitation_cancelled', data: { invitationId } }
				};
			});
		}
	};
}

/** Throws `LAST_OWNER` when nobody but this person owns the org. The org's row is locked, so two cannot pass at once. */
async function keepAnOwner(tx: Tx, orgId: string, leaving: string): Promise<void> {
	const owners = await tx
		.select({ userId: memberships.userId })
		.from(memberships)
		.innerJoin(users, eq(users.id, memberships.userId))
		.where(
			and(
				eq(memberships.orgId, orgId),
				eq(memberships.role, 'owner'),
				eq(users.isService, false),
				sql`${users.disabledAt} is null`
			)
		);
	const isOwner = owners.some((row) => row.userId === leaving);
	if (isOwner && owners.length === 1)
		throw new AppError('LAST_OWNER', 'Make somebody else an owner first.');
}
