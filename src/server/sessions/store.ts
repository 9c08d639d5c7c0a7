// Rows of sessions, and the shape clients get.
import { and, desc, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { ProviderId } from '#domain/provider.ts';
import { ACTIVE_STATES, isTerminal, type SessionState } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';
import { users } from '#server/db/schema/accounts.ts';
import { streams } from '#server/db/schema/events.ts';
import { runners } from '#server/db/schema/runners.ts';
import { approvals, sessions } from '#server/db/schema/sessions.ts';
import { agents, houses } from '#server/db/schema/villages.ts';
import type { Db, Tx } from '#server/db/open.ts';
import { approvalView, approvalColumns } from '#server/approvals/store.ts';

export type Session = typeof sessions.$inferSelect;

export async function findSession(db: Db | Tx, id: string): Promise<Session | null> {
	const [row] = await db.select().from(sessions).where(eq(sessions.id, id));
	return row ?? null;
}

/** The row, locked until the transaction ends. */
export async function lockSession(tx: Tx, id: string): Promise<Session | null> {
	const [row] = await tx.select().from(sessions).where(eq(sessions.id, id)).for('update');
	return row ?? null;
}

const author = alias(users, 'author');
const pauser = alias(users, 'pauser');

function viewQuery(db: Db | Tx, where: SQL | undefined) {
	return db
		.select({
			session: sessions,
			agentName: agents.name,
			houseName: houses.name,
			runnerName: sql<string | null>`coalesce(${runners.label}, ${runners.hostname})`,
			createdByName: author.name,
			pausedByName: pauser.name,
			eventSeq: streams.seq
		})
		.from(sessions)
		.innerJoin(agents, eq(agents.id, sessions.agentId))
		.leftJoin(houses, eq(houses.id, sessions.houseId))
		.leftJoin(runners, eq(runners.id, sessions.runnerId))
		.leftJoin(author, eq(author.id, sessions.createdBy))
		.leftJoin(pauser, eq(pauser.id, sessions.pausedBy))
		.leftJoin(streams, eq(streams.stream, sql`'session:' || ${sessions.id}`))
		.where(where);
}

type Joined = Awaited<ReturnType<typeof viewQuery>>[number];

/** Views of the sessions a condition selects, newest first. */
export async function listViews(
	db: Db | Tx,
	where: SQL | undefined,
	now: Date,
	page?: { limit: number; offset: number }
): Promise<SessionView[]> {
	const base = viewQuery(db, where).orderBy(desc(sessions.createdAt), desc(sessions.id));
	const rows = await (page ? base.limit(page.limit).offset(page.offset) : base);
	return withApprovals(db, rows, now);
}

/** The view of one session as it stands inside this transaction. */
export async function viewOf(db: Db | Tx, id: string, now: Date): Promise<SessionView> {
	const rows = await viewQuery(db, eq(sessions.id, id));
	const [view] = await withApprovals(db, rows, now);
	if (!view) throw new Error(`session ${id} is gone`);
	return view;
}

async function withApprovals(db: Db | Tx, rows: Joined[], now: Date): Promise<SessionView[]> {
	const open = rows.filter((row) => !isTerminal(row.session.state)).map((row) => row.session.id);
	const pending =
		open.length === 0
			? []
			: await approvalColumns(
					db,
					and(inArray(approvals.sessionId, open), eq(approvals.status, 'pending'))
				);
	return rows.map((row) =>
		view(row, pending.filter((p) => p.approval.sessionId === row.session.id).map(approvalView), now)
	);
}

const iso = (date: Date | null) => date?.toISOString() ?? null;

function view(
	row: Joined,
	pendingApprovals: SessionView['pendingApprovals'],
	now: Date
): SessionView {
	const s = row.session;
	const until = s.endedAt ?? now;
	return {
		id: s.id,
		orgId: s.orgId,
		villageId: s.villageId,
		houseId: s.houseId,
		houseName: row.houseName,
		agentId: s.agentId,
		agentName: row.agentName,
		providerId: s.providerId,
		model: s.model,
		mode: s.mode,
		level: s.level,
		task: s.task,
		taskSummary: summary(s.task ?? s.spec.command ?? ''),
		command: s.spec.command,
		repo: s.spec.repo ? { ...s.spec.repo, commit: s.headSha ?? s.spec.repo.commit } : null,
		state: s.state,
		phase: s.phase,
		queueReason: s.queueReason,
		rev: s.rev,
		attempt: s.attempt,
		runnerId: s.runnerId,
		runnerName: row.runnerName,
		runtimeVersion: s.runtimeVersion,
		createdBy: s.createdBy,
		createdByName: row.createdByName,
		createdAt: s.createdAt.toISOString(),
		queuedAt: iso(s.queuedAt),
		startedAt: iso(s.startedAt),
		pausedByName: row.pausedByName,
		endedAt: iso(s.endedAt),
		deadlineAt: iso(s.deadlineAt),
		timeoutMinutes: s.timeoutMinutes,
		activeMs: s.startedAt
			? Math.max(
					0,
					until.getTime() -
						s.startedAt.getTime() -
						s.pausedMs -
						(s.pausedAt ? until.getTime() - s.pausedAt.getTime() : 0)
				)
			: 0,
		exitCode: s.exitCode,
		exitSignal: s.exitSignal,
		endReason: s.endReason,
		failureClass: s.failureClass,
		pendingApprovals,
		unattended: s.unattended,
		usage: s.usage,
		eventSeq: row.eventSeq ?? 0,
		connectivity: s.connectivity,
		dataExpired: s.dataExpired,
		demo: s.demo
	};
}

/** The first 100 characters, cut at a code point. */
export function summary(text: string): string {
	return [...text.slice(0, 200)].slice(0, 100).join('');
}

export interface SessionFilter {
	orgId: string;
	state?: SessionState[] | undefined;
	providerId?: ProviderId | undefined;
	agentId?: string | undefined;
	runnerId?: string | undefined;
	houseId?: string | undefined;
	search?: string | undefined;
}

/** The condition of a listing. */
export function matching(filter: SessionFilter): SQL | undefined {
	return and(
		eq(sessions.orgId, filter.orgId),
		filter.state && filter.state.length > 0 ? inArray(sessions.state, filter.state) : undefined,
		filter.providerId ? eq(sessions.providerId, filter.providerId) : undefined,
		filter.agentId ? eq(sessions.agentId, filter.agentId) : undefined,
		filter.runnerId ? eq(sessions.runnerId, filter.runnerId) : undefined,
		filter.houseId ? eq(sessions.houseId, filter.houseId) : undefined,
		filter.search
			? sql`(position(lower(${filter.search}) in lower(coalesce(${sessions.task}, ''))) > 0 or exists (select 1 from ${agents} a where a.id = ${sessions.agentId} and position(lower(${filter.search}) in lower(a.name)) > 0))`
			: undefined
	);
}

export async function countSessions(db: Db | Tx, where: SQL | undefined): Promise<number> {
	const [row] = await db
		.select({ n: sql<number>`count(*)::int` })
		.from(sessions)
		.where(where);
	return row?.n ?? 0;
}

/** Active sessions of an org that count against its limit; the demo's do not. */
export function countActive(db: Db | Tx, orgId: string): Promise<number> {
	return countSessions(
		db,
		and(
			eq(sessions.orgId, orgId),
			eq(sessions.demo, false),
			inArray(sessions.state, [...ACTIVE_STATES])
		)
	);
}

/** How many approvals of a session are pending. */
export async function countPending(db: Db | Tx, sessionId: string): Promise<number> {
	const [row] = await db
		.select({ n: sql<number>`count(*)::int` })
		.from(approvals)
		.where(and(eq(approvals.sessionId, sessionId), eq(approvals.status, 'pending')));
	return row?.n ?? 0;
}
