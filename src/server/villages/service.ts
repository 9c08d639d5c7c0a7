// Villages and houses: what a page starts from, and adding, moving and removing repositories.
import { and, count, desc, eq, inArray, or } from 'drizzle-orm';
import { can } from '#domain/permissions.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { AgentRow, HouseRow, PersonRow, VillageState } from '#domain/views.ts';
import { audit } from '#server/audit/service.ts';
import { demand, may, missing, type Actor } from '#server/auth/actor.ts';
import { activeSessions, agentView, findAgent, listAgents } from '#server/agents/store.ts';
import {
	approvalColumns,
	approvalView,
	bypassView,
	listBypasses,
	sessionWithoutDetails,
	withoutDetails
} from '#server/approvals/store.ts';
import type { Clock } from '#server/clock.ts';
import { approvals, sessions } from '#server/db/schema/sessions.ts';
import { houses, villages } from '#server/db/schema/villages.ts';
import type { Database, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import { newId } from '#server/new-id.ts';
import type { Limits } from '#server/orgs/limits.ts';
import { findRunner, listRunners } from '#server/runners/store.ts';
import { listViews } from '#server/sessions/store.ts';
import type { HouseChecks } from './checks.ts';
import type { Newcomers } from './newcomers.ts';
import { placeOf } from './place.ts';
import { findHouse, findVillage, houseView, listHouses, plotOf } from './store.ts';

export interface AddHouse {
	villageId: string;
	name?: string | undefined;
	source: 'git_url' | 'local';
	url?: string | undefined;
	runnerId?: string | undefined;
	path?: string | undefined;
	branch?: string | undefined;
	demo?: boolean | undefined;
}

export interface Villages {
	list(actor: Actor): Promise<{ id: string; orgId: string; name: string }[]>;
	state(actor: Actor, villageId: string): Promise<VillageState>;
	agents(actor: Actor, villageId: string): Promise<AgentRow[]>;
	houses(actor: Actor, villageId: string): Promise<HouseRow[]>;
	/** Throws what `HouseChecks.folder` throws for a folder, `HOUSE_EXISTS`, `VALIDATION_ERROR`, `CONFLICT` (too many). */
	addHouse(actor: Actor, input: AddHouse): Promise<HouseRow>;
	/** Has a house looked at once more. Throws as `addHouse`, or `RUNNER_OFFLINE` when no runner is there. */
	checkHouse(actor: Actor, houseId: string): Promise<HouseRow>;
	removeHouse(actor: Actor, houseId: string): Promise<void>;
	/** Folders of a runner below which a local house may lie. */
	roots(actor: Actor, runnerId: string): Promise<string[]>;
	/** Moves houses; throws `LAYOUT_CONFLICT` when somebody moved some meanwhile, and then nothing moves. */
	saveLayout(
		actor: Actor,
		input: { villageId: string; version: number; houses: { id: string; x: number; y: number }[] }
	): Promise<{ version: number }>;
	orgOf(villageId: string): Promise<string | null>;
	orgOfAgent(agentId: string): Promise<string | null>;
	/** Tells followers of a house; for the demo, which makes its own in one transaction. */
	emitHouse(
		tx: Tx,
		collect: Collector,
		house: HouseRow,
		orgId: string,
		actor: string,
		type?: string
	): void;
}

/** Sessions that ended this long ago still stand in the snapshot, so that a page can show how they ended. */
const RECENT = 50;
/** Of a rearrangement of more houses than these, the audit keeps the number and the first ones. */
const HOUSES_ON_RECORD = 50;

export function createVillages(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	newcomers: Newcomers;
	limits: Limits;
	checks: HouseChecks;
	people: (villageId: string) => PersonRow[];
	/** Folders that runners are allowed for the village's own use: no place for houses of people. */
	ownFolders?: readonly string[];
}): Villages {
	const { clock, log } = deps;
	const { db } = deps.database;

	const rootsOf = (runner: { allowLocal: string[] }) =>
		runner.allowLocal.filter((root) => !deps.ownFolders?.includes(root));

	async function demandVillage(
		actor: Actor,
		id: string,
		right: 'village.read' | 'house.manage' | 'village.arrange'
	) {
		const village = await findVillage(db, id);
		if (!village) throw missing('VILLAGE_NOT_FOUND');
		demand(actor, village.orgId, 'village.read', 'VILLAGE_NOT_FOUND');
		demand(actor, village.orgId, right, 'VILLAGE_NOT_FOUND');
		return village;
	}

	async function demandHouse(actor: Actor, id: string) {
		const house = await findHouse(db, id);
		if (!house) throw missing('HOUSE_NOT_FOUND');
		demand(actor, house.orgId, 'house.read', 'HOUSE_NOT_FOUND');
		demand(actor, house.orgId, 'house.manage', 'HOUSE_NOT_FOUND');
		return house;
	}

	const emitHouse: Villages['emitHouse'] = (
		_tx,
		collect,
		house,
		orgId,
		actor,
		type = 'house.added'
	) =>
		collect.add(orgId, {
			stream: `village:${house.villageId}`,
			type,
			data: { houseId: house.id, house },
			actor,
			villageId: house.villageId,
			houseId: house.id
		});

	return {
		emitHouse,
		async orgOf(villageId) {
			return (await findVillage(db, villageId))?.orgId ?? null;
		},
		async orgOfAgent(agentId) {
			return (await findAgent(db, agentId))?.orgId ?? null;
		},
		async list(actor) {
			const mine = [...actor.memberships]
				.filter(([, grants]) => can(grants, 'village.read'))
				.map(([id]) => id);
			if (mine.length === 0) return [];
			return db
				.select({ id: villages.id, orgId: villages.orgId, name: villages.name })
				.from(villages)
				.where(inArray(villages.orgId, mine))
				.orderBy(villages.createdAt);
		},
		async state(actor, villageId) {
			const village = await demandVillage(actor, villageId, 'village.read');
			const now = clock.now();
			const { orgId } = village;
			// One snapshot: what the page starts from and the cursor after which it follows belong together.
			const state = await db.transaction(
				async (tx) => {
					const cursor = await log.head(orgId, tx);
					const agentRows = await listAgents(tx, villageId);
					const active = await activeSessions(
						tx,
						agentRows.map((a) => a.id)
					);
					const recent = await tx
						.select({ id: sessions.id })
						.from(sessions)
						.where(eq(sessions.villageId, villageId))
						.orderBy(desc(sessions.createdAt))
						.limit(RECENT);
					const ids = recent.map((row) => row.id);
					return {
						village: {
							id: village.id,
							orgId,
							name: village.name,
							seed: village.seed,
							layoutVersion: village.layoutVersion
						},
						houses: (await listHouses(tx, villageId)).map(houseView),
						agents: agentRows.map((agent) => agentView(agent, active.get(agent.id))),
						runners: await listRunners(tx, orgId),
						sessions: await listViews(
							tx,
							and(
								eq(sessions.villageId, villageId),
								or(
									inArray(sessions.state, [...ACTIVE_STATES]),
									ids.length > 0 ? inArray(sessions.id, ids) : undefined
								)
							),
							now
						),
						approvals: (
							await approvalColumns(
								tx,
								and(eq(approvals.orgId, orgId), eq(approvals.status, 'pending'))
							)
						).map(approvalView),
						bypasses: (await listBypasses(tx, orgId, now)).map(bypassView),
						checklist: await deps.newcomers.checklist(tx, actor, orgId),
						cursor
					};
				},
				{ isolationLevel: 'repeatable read', accessMode: 'read only' }
			);
			const full = may(actor, orgId, 'approval.details');
			return {
				...state,
				approvals: full ? state.approvals : state.approvals.map(withoutDetails),
				sessions: full ? state.sessions : state.sessions.map(sessionWithoutDetails),
				people: deps.people(villageId),
				hasDemo: state.houses.some((h) => h.demo) || state.agents.some((a) => a.demo)
			};
		},
		async agents(actor, villageId) {
			await demandVillage(actor, villageId, 'village.read');
			const rows = await listAgents(db, villageId);
			const active = await activeSessions(
				db,
				rows.map((a) => a.id)
			);
			return rows.map((agent) => agentView(agent, active.get(agent.id)));
		},
		async houses(actor, villageId) {
			await demandVillage(actor, villageId, 'village.read');
			return (await listHouses(db, villageId)).map(houseView);
		},
		async roots(actor, runnerId) {
			const runner = await findRunner(db, runnerId);
			if (!runner) throw missing('RUNNER_NOT_FOUND');
			demand(actor, runner.orgId, 'runner.read', 'RUNNER_NOT_FOUND');
			return rootsOf(runner);
		},
		async addHouse(actor, input) {
			const village = await demandVillage(actor, input.villageId, 'house.manage');
			const place = await placeOf({ db, rootsOf }, input, village.orgId);
			const { runnerId, localPath } = place;
			// Whether the folder is there only its runner can say, and nobody wants to learn it at the first start.
			const facts =
				runnerId && localPath ? await deps.checks.folder(runnerId, localPath) : undefined;
			return log.transact(async (tx, collect) => {
				// Held until the commit, so that two cannot pass the limit together, and no two get the same plot.
				await tx.select().from(villages).where(eq(villages.id, village.id)).for('update');
				const [have] = await tx
					.select({ n: count() })
					.from(houses)
					.where(eq(houses.villageId, village.id));
				const { housesPerVillage } = await deps.limits.of(village.orgId, tx);
				if ((have?.n ?? 0) >= housesPerVillage)
					throw new AppError('CONFLICT', `A village has at most ${housesPerVillage} houses.`);
				const now = clock.now();
				const id = newId(now);
				const at = await plotOf(tx, village, id);
				const [row] = await tx
					.insert(houses)
					.values({
						id,
						x: at.x,
						y: at.y,
						orgId: village.orgId,
						villageId: village.id,
						name: input.name?.trim() || place.name,
						source: input.source,
						url: place.url,
						localPath: place.localPath,
						runnerId: place.runnerId,
						defaultBranch: input.branch ?? 'main',
						branchGiven: input.branch !== undefined,
						language: facts?.language ?? null,
						files: facts?.files ?? null,
						readiness: facts ? 'ready' : 'unknown',
						checkedBy: place.runnerId,
						demo: input.demo ?? false,
						createdBy: actor.id
					})
					.onConflictDoNothing()
					.returning();
				if (!row) throw new AppError('HOUSE_EXISTS', 'This repository already has a house here.');
				emitHouse(tx, collect, houseView(row), village.orgId, actor.id);
				await audit(tx, {
					orgId: village.orgId,
					actor,
					action: 'house.add',
					target: { kind: 'house', id: row.id },
					detail: { name: row.name, source: row.source },
					at: now
				});
				return houseView(facts ? row : await deps.checks.fetch(tx, collect, row));
			});
		},
		async checkHouse(actor, houseId) {
			await demandHouse(actor, houseId);
			return log.transact(async (tx, collect) => {
				const [house] = await tx.select().from(houses).where(eq(houses.id, houseId)).for('update');
				if (!house) throw missing('HOUSE_NOT_FOUND');
				const asked = await deps.checks.fetch(tx, collect, house);
				if (asked === house)
					throw new AppError('RUNNER_OFFLINE', 'No runner is there that could look at it.');
				return houseView(asked);
			});
		},
		async removeHouse(actor, houseId) {
			const house = await demandHouse(actor, houseId);
			await log.transact(async (tx, collect) => {
				const active = await tx
					.select({ id: sessions.id })
					.from(sessions)
					.where(and(eq(sessions.houseId, houseId), inArray(sessions.state, [...ACTIVE_STATES])));
				if (active.length > 0)
					throw new AppError(
						'HOUSE_HAS_ACTIVE_SESSIONS',
						`${active.length} sessions still run in this house. Stop them first.`,
						{ sessionIds: active.map((s) => s.id) }
					);
				await tx.delete(houses).where(eq(houses.id, houseId));
				collect.add(house.orgId, {
					stream: `village:${house.villageId}`,
					type: 'house.removed',
					data: { houseId },
					actor: actor.id,
					villageId: house.villageId,
					houseId
				});
				await audit(tx, {
					orgId: house.orgId,
					actor,
					action: 'house.remove',
					target: { kind: 'house', id: houseId },
					detail: { name: house.name },
					at: clock.now()
				});
			});
		},
		async saveLayout(actor, input) {
			const village = await demandVillage(actor, input.villageId, 'village.arrange');
			return log.transact(async (tx, collect) => {
				const [moved] = await tx
					.update(villages)
					.set({ layoutVersion: input.version + 1, updatedAt: clock.now() })
					.where(and(eq(villages.id, village.id), eq(villages.layoutVersion, input.version)))
					.returning();
				if (!moved) {
					const present = await findVillage(tx, village.id);
					throw new AppError('LAYOUT_CONFLICT', 'Somebody moved houses meanwhile. Look again.', {
						version: present?.layoutVersion
					});
				}
				for (const { id, x, y } of input.houses) {
					const [row] = await tx
						.update(houses)
						.set({ x, y, updatedAt: clock.now() })
						.where(and(eq(houses.id, id), eq(houses.villageId, village.id)))
						.returning();
					if (!row) throw missing('HOUSE_NOT_FOUND');
					emitHouse(tx, collect, houseView(row), village.orgId, actor.id, 'house.changed');
				}
				await audit(tx, {
					orgId: village.orgId,
					actor,
					action: 'village.arrange',
					target: { kind: 'village', id: village.id },
					detail: {
						version: moved.layoutVersion,
						moved: input.houses.length,
						houses: input.houses.slice(0, HOUSES_ON_RECORD)
					},
					at: clock.now()
				});
				collect.add(village.orgId, {
					stream: `village:${village.id}`,
					type: 'layout_changed',
					data: { version: moved.layoutVersion },
					actor: actor.id,
					villageId: village.id
				});
				return { version: moved.layoutVersion };
			});
		}
	};
}
