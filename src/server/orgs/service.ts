// Orgs and who belongs to them: first run, members, invitations, limits. Each write is one transaction with its audit row and event.
import { and, asc, eq, sql } from 'drizzle-orm';
import { limitsOf, type OrgLimits } from '#domain/limits.ts';
import type { Role } from '#domain/permissions.ts';
import { demand, missing, type Actor } from '#server/auth/actor.ts';
import type { Auth } from '#server/auth/service.ts';
import { audit } from '#server/audit/service.ts';
import type { Clock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import { linkCodes, memberships, orgs, users } from '#server/db/schema/accounts.ts';
import { villages } from '#server/db/schema/villages.ts';
import type { Database, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog } from '#server/events/log.ts';
import { baseUrl } from '#server/auth/origin.ts';
import { newId } from '#server/new-id.ts';
import { openJoining, type Joining } from './joining.ts';
import * as store from './store.ts';

export interface OrgSummary {
	id: string;
	name: string;
	/** The caller's own role; null for a deployment admin who is no member. */
	role: Role | null;
	/** What is in force: the defaults under the org's own. */
	limits: OrgLimits;
	createdAt: Date;
}

export interface Member {
	userId: string;
	name: string;
	email: string | null;
	role: Role;
	/** Null: as the role has it. */
	approve: boolean | null;
	isService: boolean;
	joinedAt: Date;
}

export interface Invitation {
	id: string;
	email: string | null;
	role: Role;
	createdBy: string | null;
	expiresAt: Date;
}

export interface Orgs extends Joining {
	/** Makes "My village" with its default village when there is no org at all. Returns the first org's id. */
	ensureFirstOrg(): Promise<string>;
	/** The orgs of the caller, oldest first. */
	list(actor: Actor): Promise<OrgSummary[]>;
	get(actor: Actor, orgId: string): Promise<OrgSummary>;
	/** Limits in force of an org, for other subjects. */
	limits(orgId: string, db?: Tx): Promise<OrgLimits>;
	/** A new org, owned by the caller, with a default village. Deployment admin. */
	create(actor: Actor, name: string): Promise<OrgSummary>;
	rename(actor: Actor, orgId: string, name: string): Promise<OrgSummary>;
	/** Raises or lowers limits of an org. Deployment admin. */
	setLimits(actor: Actor, orgId: string, limits: Partial<OrgLimits>): Promise<OrgSummary>;
	members(actor: Actor, orgId: string): Promise<Member[]>;
	/** Changes role and right to approve. Throws `LAST_OWNER`, `USER_NOT_FOUND`. */
	setMember(
		actor: Actor,
		orgId: string,
		userId: string,
		change: { role?: Role; approve?: boolean | null }
	): Promise<Member>;
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
const FIRST_ORG = 'My village';

export interface OrgsDeps {
	database: Database;
	events: EventLog;
	auth: Auth;
	clock: Clock;
	config: Pick<Config, 'publicUrl' | 'host' | 'port' | 'maxSessions'>;
	/** 32 bits or more of randomness in text, for the map of a new village. */
	newSeed: () => string;
}

export function openOrgs(deps: OrgsDeps): Orgs {
	const { events, auth, clock, config } = deps;
	const { db } = deps.database;

	function effective(own: Partial<OrgLimits>): OrgLimits {
		const deployment = config.maxSessions ? { maxSessionsPerOrg: config.maxSessions } : {};
		return limitsOf({ ...deployment, ...own });
	}

	function summary(org: typeof orgs.$inferSelect, role: Role | null): OrgSummary {
		const { id, name, limits, createdAt } = org;
		return { id, name, role, limits: effective(limits), createdAt };
	}

	async function insertOrg(tx: Tx, name: string): Promise<typeof orgs.$inferSelect> {
		const now = clock.now();
		const id = newId(now);
		const [org] = await tx
			.insert(orgs)
			.values({ id, name, createdAt: now, updatedAt: now })
			.returning();
		await tx.insert(villages).values({
			id: newId(now),
			orgId: id,
			name,
			seed: deps.newSeed(),
			createdAt: now,
			updatedAt: now
		});
		return org!;
	}

	async function ensureFirstOrg(tx: Tx): Promise<string> {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('first-org', 0))`);
		const [first] = await tx
			.select({ id: orgs.id })
			.from(orgs)
			.orderBy(asc(orgs.createdAt))
			.limit(1);
		return first?.id ?? (await insertOrg(tx, FIRST_ORG)).id;
	}

	const visible = (actor: Actor, orgId: string, right: Parameters<typeof demand>[2]) =>
		actor.isAdmin ? undefined : demand(actor, orgId, right);

	const demandAdmin = (actor: Actor) => {
		if (!actor.isAdmin && actor.kind !== 'system')
			throw new AppError('FORBIDDEN', 'Only the deployment admin may do this.');
	};

	/** One write to an org: locks its row, records the deed, appends the event, and tells who lost something. */
	async function change<T>(
		actor: Actor,
		orgId: string,
		work: (tx: Tx, org: typeof orgs.$inferSelect) => Promise<Deed<T>>
	): Promise<T> {
		const deed = await events.transact(async (tx, collect) => {
			const org = await store.lockOrg(tx, orgId);
			if (!org) throw missing('ORG_NOT_FOUND');
			const deed = await work(tx, org);
			await audit(tx, { orgId, actor, at: clock.now(), ...deed.audit });
			collect.add(orgId, {
				stream: `org:${orgId}`,
				type: deed.event.type,
				data: deed.event.data,
				actor: actor.id
			});
			return deed;
		});
		if (deed.changedUser)
			auth.revocations.publish({ kind: 'membership', userId: deed.changedUser, orgId });
		return deed.result;
	}

	async function ownRole(actor: Actor, orgId: string): Promise<Role | null> {
		return actor.memberships.get(orgId)?.role ?? null;
	}

	return {
		...openJoining({ ...deps, ensureFirstOrg }),
		ensureFirstOrg: () => db.transaction(ensureFirstOrg),
		async list(actor) {
			const ids = [...actor.memberships.keys()];
			const rows = await store.findOrgs(db, actor.isAdmin ? null : ids);
			return rows.map((org) => summary(org, actor.memberships.get(org.id)?.role ?? null));
		},
		async get(actor, orgId) {
			visible(actor, orgId, 'org.read');
			const [org] = await store.findOrgs(db, [orgId]);
			if (!org) throw missing('ORG_NOT_FOUND');
			return summary(org, await ownRole(actor, orgId));
		},
		async limits(orgId, on) {
			const [org] = await store.findOrgs(on ?? db, [orgId]);
			return effective(org?.limits ?? {});
		},
		async create(actor, name) {
			demandAdmin(actor);
			const org = await events.transact(async (tx, collect) => {
				const org = await insertOrg(tx, name);
				if (actor.kind !== 'system')
					await tx.insert(memberships).values({ orgId: org.id, userId: actor.id, role: 'owner' });
				await audit(tx, {
					orgId: org.id,
					actor,
					action: 'org.create',
					target: { kind: 'org', id: org.id },
					detail: { name },
					at: clock.now()
				});
				const stream = `org:${org.id}` as const;
				collect.add(org.id, { stream, type: 'org.created', data: { name }, actor: actor.id });
				return org;
			});
			// The caller's own grants have grown; what is remembered of them is out of date.
			auth.revocations.publish({ kind: 'membership', userId: actor.id, orgId: org.id });
			return summary(org, 'owner');
		},
		async rename(actor, orgId, name) {
			demand(actor, orgId, 'org.manage');
			return change(actor, orgId, async (tx, org) => {
				await tx.update(orgs).set({ name, updatedAt: clock.now() }).where(eq(orgs.id, orgId));
				return {
					result: summary({ ...org, name }, await ownRole(actor, orgId)),
					audit: {
						action: 'org.rename',
						target: { kind: 'org', id: orgId },
						detail: { from: org.name, to: name }
					},
					event: { type: 'org.renamed', data: { name } }
				};
			});
		},
		async setLimits(actor, orgId, limits) {
			demandAdmin(actor);
			return change(actor, orgId, async (tx, org) => {
				const own = { ...org.limits, ...limits };
				await tx
					.update(orgs)
					.set({ limits: own, updatedAt: clock.now() })
					.where(eq(orgs.id, orgId));
				return {
					result: summary({ ...org, limits: own }, await ownRole(actor, orgId)),
					audit: { action: 'org.limits', target: { kind: 'org', id: orgId }, detail: { limits } },
					event: { type: 'org.limits_changed', data: { limits: effective(own) } }
				};
			});
		},
		async members(actor, orgId) {
			visible(actor, orgId, 'member.read');
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
				const url = baseUrl(config) + auth.links.linkPath('invitation', link.code);
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

interface Deed<T> {
	result: T;
	audit: { action: string; target: { kind: string; id: string }; detail?: Record<string, unknown> };
	event: { type: string; data: Record<string, unknown> };
	/** Whose grants are no longer what they were. */
	changedUser?: string;
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
