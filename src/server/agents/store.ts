// Rows of agents, and what villagers are shown as.
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { isTerminal, ACTIVE_STATES, type SessionState } from '#domain/session.ts';
import type { AgentRow } from '#domain/views.ts';
import { approvals, sessions } from '#server/db/schema/sessions.ts';
import { agents } from '#server/db/schema/villages.ts';
import type { Db, Tx } from '#server/db/open.ts';

export type Agent = typeof agents.$inferSelect;

/** The row, or null when it is absent or deleted. */
export async function findAgent(db: Db | Tx, id: string): Promise<Agent | null> {
	const [row] = await db
		.select()
		.from(agents)
		.where(and(eq(agents.id, id), isNull(agents.deletedAt)));
	return row ?? null;
}

export function listAgents(db: Db | Tx, villageId: string): Promise<Agent[]> {
	return db
		.select()
		.from(agents)
		.where(and(eq(agents.villageId, villageId), isNull(agents.deletedAt)))
		.orderBy(agents.createdAt, agents.id);
}

/** What is known of an agent's active session, for its mood and its row. */
export interface ActiveSession {
	id: string;
	state: SessionState;
	connectivity: 'ok' | 'lost';
	approvalsPending: number;
	firstApproval: string | null;
	task: string | null;
}

/** Active sessions by agent id. */
export async function activeSessions(
	db: Db | Tx,
	agentIds: string[]
): Promise<Map<string, ActiveSession>> {
	if (agentIds.length === 0) return new Map();
	const pending = sql<number>`(select count(*)::int from ${approvals} a where a.session_id = "sessions"."id" and a.status = 'pending')`;
	const first = sql<
		string | null
	>`(select a.summary from ${approvals} a where a.session_id = "sessions"."id" and a.status = 'pending' order by a.requested_at limit 1)`;
	const rows = await db
		.select({
			agentId: sessions.agentId,
			id: sessions.id,
			state: sessions.state,
			connectivity: sessions.connectivity,
			task: sessions.task,
			approvalsPending: pending,
			firstApproval: first
		})
		.from(sessions)
		.where(and(inArray(sessions.agentId, agentIds), inArray(sessions.state, [...ACTIVE_STATES])));
	return new Map(rows.map(({ agentId, ...row }) => [agentId, row]));
}

/** The shape clients get. */
export function agentView(agent: Agent, session: ActiveSession | undefined): AgentRow {
	const active = session && !isTerminal(session.state) ? session : undefined;
	return {
		id: agent.id,
		villageId: agent.villageId,
		name: agent.name,
		houseId: agent.houseId,
		provider: agent.defaultProvider,
		state: agent.state,
		stateSince: agent.stateSince.toISOString(),
		mood: {
			energy: agent.energy,
			frustration: agent.frustration,
			streak: agent.streak,
			errorStreak: agent.errorStreak
		},
		bubble: active?.firstApproval ?? agent.lastWork?.text ?? null,
		sessionId: active?.id ?? null,
		sessionState: active?.state ?? null,
		connectivity: active?.connectivity ?? 'ok',
		approvalsPending: active?.approvalsPending ?? 0,
		demo: agent.demo
	};
}
