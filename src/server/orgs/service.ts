// Orgs and who belongs to them: first run, members, invitations, limits. Each write is one transaction with its audit row and event.
import { asc, eq, sql } from 'drizzle-orm';
import { limitsProblem, needsAdmin, type LimitName, type OrgLimits } from '#domain/limits.ts';
import type { Role } from '#domain/permissions.ts';
import { demand, missing, type Actor } from '#server/auth/actor.ts';
import type { Auth } from '#server/auth/service.ts';
import { audit } from '#server/audit/service.ts';
import type { Clock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import { memberships, orgs } from '#server/db/schema/accounts.ts';
import { villages } from '#server/db/schema/villages.ts';
import type { Database, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog } from '#server/events/log.ts';
import { newId } from '#server/new-id.ts';
import { openJoining, type Joining } from './joining.ts';
import { openCliTokens, type CliTokens } from './cli-tokens.ts';
import { createLimits, type Limits } from './limits.ts';
import { openMembers, type Members } from './members.ts';
import * as store from './store.ts';

export interface OrgSummary {
	id: string;
	name: string;
	/** The caller's own role; null for a deployment admin who is no member. */
	role: Role | null;
	/** What is in force: the defaults under the org's own. */
	limits: OrgLimits;
	createdAt: string;
}

export interface Orgs extends Joining, Members, CliTokens {
	/** Makes "My village" with its default village when there is no org at all. Returns the first org's id. */
	ensureFirstOrg(): Promise<string>;
	/** The orgs of the caller, oldest first. */
	list(actor: Actor): Promise<OrgSummary[]>;
	get(actor: Actor, orgId: string): Promise<OrgSummary>;
	/** Limits in force, for other subjects. */
	readonly limits: Limits;
	/** A new org, owned by the caller, with a default village. Deployment admin. */
	create(actor: Actor, name: string): Promise<OrgSummary>;
	rename(actor: Actor, orgId: string, name: string): Promise<OrgSummary>;
	/**
	 * Raises or lowers limits of an org. How long things last is for owners, how much there may be for the deployment admin.
	 * Throws `FORBIDDEN`, `VALIDATION_ERROR` (limits that do not go together).
	 */
	setLimits(actor: Actor, orgId: string, limits: Partial<OrgLimits>): Promise<OrgSummary>;
}

const FIRST_ORG = 'My village';

export interface OrgsDeps {
	database: Database;
	events: EventLog;
	auth: Auth;
	clock: Clock;
	config: Pick<Config, 'maxSessions'>;
	/** 32 bits or more of randomness in text, for the map of a new village. */
	newSeed: () => string;
}

export function openOrgs(deps: OrgsDeps): Orgs {
	const { events, auth, clock, config } = deps;
	const { db } = deps.database;

	const limitsInForce = createLimits({ database: deps.database, maxSessions: config.maxSessions });

	function summary(org: typeof orgs.$inferSelect, role: Role | null): OrgSummary {
		const { id, name, limits } = org;
		return {
			id,
			name,
			role,
			limits: limitsInForce.over(limits),
			createdAt: org.createdAt.toISOString()
		};
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

	const change: Change = async (actor, orgId, work) => {
		const deed = await events.transact(async (tx, collect) => {
			const org = await store.lockOrg(tx, orgId);
			if (!org) throw missing('ORG_NOT_FOUND');
			const deed = await work(tx, org);
			await audit(tx, { orgId, actor, at: clock.now(), ...deed.audit });
			const { type, data } = deed.event;
			collect.add(orgId, { stream: `org:${orgId}`, type, data, actor: actor.id });
			return deed;
		});
		if (deed.changedUser)
			auth.revocations.publish({ kind: 'membership', userId: deed.changedUser, orgId });
		return deed.result;
	};

	const ownRole = (actor: Actor, orgId: string): Role | null =>
		actor.memberships.get(orgId)?.role ?? null;

	return {
		...openJoining({ ...deps, ensureFirstOrg }),
		...openCliTokens({ ...deps, ensureFirstOrg }),
		...openMembers({ ...deps, change }),
		limits: limitsInForce,
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
			return summary(org, ownRole(actor, orgId));
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
					result: summary({ ...org, name }, ownRole(actor, orgId)),
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
			if (needsAdmin(Object.keys(limits) as LimitName[])) demandAdmin(actor);
			else visible(actor, orgId, 'org.manage');
			return change(actor, orgId, async (tx, org) => {
				const own = { ...org.limits, ...limits };
				const problem = limitsProblem(limitsInForce.over(own));
				if (problem)
					throw new AppError('VALIDATION_ERROR', problem.message, {
						issues: [{ path: `limits.${problem.path}`, message: problem.message }]
					});
				await tx
					.update(orgs)
					.set({ limits: own, updatedAt: clock.now() })
					.where(eq(orgs.id, orgId));
				return {
					result: summary({ ...org, limits: own }, ownRole(actor, orgId)),
					audit: { action: 'org.limits', target: { kind: 'org', id: orgId }, detail: { limits } },
					event: { type: 'org.limits_changed', data: { limits: limitsInForce.over(own) } }
				};
			});
		}
	};
}

export interface Deed<T> {
	result: T;
	audit: { action: string; target: { kind: string; id: string }; detail?: Record<string, unknown> };
	event: { type: string; data: Record<string, unknown> };
	/** Whose grants are no longer what they were. */
	changedUser?: string;
}

/** One write to an org: locks its row, records the deed, appends the event, and tells who lost something. */
export type Change = <T>(
	actor: Actor,
	orgId: string,
	work: (tx: Tx, org: typeof orgs.$inferSelect) => Promise<Deed<T>>
) => Promise<T>;
