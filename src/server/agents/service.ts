// Keeps what each villager shows true to its session, in the same transaction as the change (control-plane.md 3).
import { and, eq, inArray, isNull, notInArray, sql } from 'drizzle-orm';
import { deriveAgentState, moodAfterSession, type AgentState } from '#domain/mood.ts';
import { isTerminal, type SessionState } from '#domain/session.ts';
import type { Clock } from '#server/clock.ts';
import { agents } from '#server/db/schema/villages.ts';
import { runners } from '#server/db/schema/runners.ts';
import type { Db, Tx } from '#server/db/open.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import { activeSessions, agentView, findAgent, type Agent } from './store.ts';

/** What a piece of work shows over a villager's head. */
export interface WorkNote {
	kind: string;
	text?: string | undefined;
}

export interface Agents {
	/**
	 * Derives an agent's state again and emits `agent_update` when anything shown has changed.
	 * @param force emits even when the derived state is the same (approvals opened, session replaced)
	 */
	refresh(tx: Tx, collect: Collector, agentId: string, force?: boolean): Promise<void>;
	/** Notes work (not output) and refreshes. */
	worked(tx: Tx, collect: Collector, agentId: string, note: WorkNote): Promise<void>;
	/** Counts the end of a session into the lasting figures and refreshes. */
	sessionEnded(tx: Tx, collect: Collector, agentId: string, final: SessionState): Promise<void>;
	/** Refreshes everybody of an org: a runner came or went. */
	refreshOrg(tx: Tx, collect: Collector, orgId: string): Promise<void>;
	/** Re-derives states that end by themselves. Costs nothing when nobody is in one. */
	tick(): Promise<void>;
	/** Finds the time-bound states after a restart. */
	rebuild(): Promise<void>;
}

/** States that change with time alone. */
const TIME_BOUND: ReadonlySet<AgentState> = new Set([
	'running',
	'working',
	'reading',
	'celebrating',
	'error'
]);
const SETTLED: AgentState[] = [
	'idle',
	'offline',
	'resting',
	'thinking',
	'starting',
	'waiting',
	'paused',
	'frustrated',
	'traveling'
];

export function createAgents(deps: { db: Db; log: EventLog; clock: Clock }): Agents {
	/** Agents in a time-bound state; at most one entry per agent. */
	const ticking = new Set<string>();

	async function derive(tx: Tx, collect: Collector, agent: Agent, force: boolean): Promise<void> {
		const now = deps.clock.now();
		const active = (await activeSessions(tx, [agent.id])).get(agent.id);
		const [online] = await tx
			.select({ n: sql<number>`count(*)::int` })
			.from(runners)
			.where(
				and(eq(runners.orgId, agent.orgId), eq(runners.connected, true), isNull(runners.deletedAt))
			);
		const state = deriveAgentState(
			{
				session: active ? { state: active.state, connectivity: active.connectivity } : null,
				last: agent.lastEnd
					? { state: agent.lastEnd.state as SessionState, endedAtMs: agent.lastEnd.atMs }
					: null,
				lastWork: agent.lastWork ?? null,
				mood: agent,
				hasTarget: false,
				anyRunnerOnline: (online?.n ?? 0) > 0
			},
			now.getTime()
		);
		if (TIME_BOUND.has(state)) ticking.add(agent.id);
		else ticking.delete(agent.id);
		if (state === agent.state && !force) return;
		const [row] = await tx
			.update(agents)
			.set({
				state,
				...(state === agent.state ? {} : { stateSince: now }),
				updatedAt: now
			})
			.where(eq(agents.id, agent.id))
			.returning();
		collect.add(agent.orgId, {
			stream: `village:${agent.villageId}`,
			type: 'agent_update',
			data: { agentId: agent.id, state, agent: agentView(row!, active) },
			actor: 'system',
			villageId: agent.villageId,
			houseId: agent.houseId,
			agentId: agent.id,
			sessionId: active?.id ?? null
		});
	}

	const self: Agents = {
		async refresh(tx, collect, agentId, force = false) {
			const agent = await findAgent(tx, agentId);
			if (agent) await derive(tx, collect, agent, force);
		},
		async worked(tx, collect, agentId, note) {
			const now = deps.clock.now();
			const [agent] = await tx
				.update(agents)
				.set({
					lastWork: {
						kind: note.kind,
						atMs: now.getTime(),
						...(note.text ? { text: note.text.slice(0, 80) } : {})
					}
				})
				.where(and(eq(agents.id, agentId), isNull(agents.deletedAt)))
				.returning();
			if (agent) await derive(tx, collect, agent, true);
		},
		async sessionEnded(tx, collect, agentId, final) {
			const before = await findAgent(tx, agentId);
			if (!before || !isTerminal(final)) return;
			const mood = moodAfterSession(before, final);
			const [agent] = await tx
				.update(agents)
				.set({
					energy: mood.energy,
					frustration: mood.frustration,
					streak: mood.streak,
					errorStreak: mood.errorStreak,
					lastEnd: { state: final, atMs: deps.clock.now().getTime() },
					lastWork: null
				})
				.where(eq(agents.id, agentId))
				.returning();
			await derive(tx, collect, agent!, true);
		},
		async refreshOrg(tx, collect, orgId) {
			const list = await tx
				.select()
				.from(agents)
				.where(and(eq(agents.orgId, orgId), isNull(agents.deletedAt)));
			for (const agent of list) await derive(tx, collect, agent, false);
		},
		async tick() {
			if (ticking.size === 0) return;
			const ids = [...ticking];
			await deps.log.transact(async (tx, collect) => {
				const list = await tx.select().from(agents).where(inArray(agents.id, ids));
				for (const agent of list) {
					if (agent.deletedAt) ticking.delete(agent.id);
					else await derive(tx, collect, agent, false);
				}
			});
		},
		async rebuild() {
			const list = await deps.db
				.select({ id: agents.id })
				.from(agents)
				.where(and(isNull(agents.deletedAt), notInArray(agents.state, SETTLED)));
			for (const { id } of list) ticking.add(id);
		}
	};
	return self;
}
