// Rows of approvals and bypasses, and the shapes clients get.
import { and, asc, desc, eq, gt, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import type { ApprovalView, BypassView, SessionView } from '#domain/views.ts';
import { events } from '#server/db/schema/events.ts';
import { approvalBypasses } from '#server/db/schema/policies.ts';
import { approvals, sessions } from '#server/db/schema/sessions.ts';
import { agents, houses } from '#server/db/schema/villages.ts';
import type { Db, Tx } from '#server/db/open.ts';

export type Approval = typeof approvals.$inferSelect;

export async function findApproval(db: Db | Tx, id: string): Promise<Approval | null> {
	const [row] = await db.select().from(approvals).where(eq(approvals.id, id));
	return row ?? null;
}

/** The number and id of the event that asked each question, the latest when it was asked again. */
export async function findAsked(
	db: Db | Tx,
	sessionId: string,
	approvalIds: string[]
): Promise<Map<string, { seq: number; id: number }>> {
	if (approvalIds.length === 0) return new Map();
	const approvalId = sql<string>`${events.data}->>'approvalId'`;
	const rows = await db
		.select({ approvalId, seq: events.seq, id: events.id })
		.from(events)
		.where(
			and(
				eq(events.stream, `session:${sessionId}`),
				eq(events.type, 'approval.requested'),
				inArray(approvalId, approvalIds)
			)
		)
		.orderBy(asc(events.seq));
	return new Map(rows.map((row) => [row.approvalId, { seq: row.seq, id: row.id }]));
}

/** Approvals with the names people know; oldest first, unless the newest are wanted first. */
export function approvalColumns(
	db: Db | Tx,
	where: SQL | undefined,
	order: 'oldest' | 'newest' = 'oldest'
) {
	const by = order === 'oldest' ? asc : desc;
	return db
		.select({ approval: approvals, agentName: agents.name, houseName: houses.name })
		.from(approvals)
		.innerJoin(agents, eq(agents.id, approvals.agentId))
		.innerJoin(sessions, eq(sessions.id, approvals.sessionId))
		.leftJoin(houses, eq(houses.id, sessions.houseId))
		.where(where)
		.orderBy(by(approvals.requestedAt), by(approvals.id));
}

export type NamedApproval = Awaited<ReturnType<typeof approvalColumns>>[number];

/** The full view, for those who may see details. */
export function approvalView(row: NamedApproval): ApprovalView {
	const a = row.approval;
	return {
		id: a.id,
		sessionId: a.sessionId,
		agentId: a.agentId,
		agentName: row.agentName,
		houseName: row.houseName,
		kind: a.kind,
		action: a.action,
		risk: a.risk,
		summary: a.summary,
		details: a.details ?? null,
		tool: a.tool,
		command: a.command,
		cwd: a.cwd,
		diff: a.diff,
		paths: a.paths ?? null,
		options: a.options ?? null,
		source: a.source,
		generation: a.generation,
		status: a.status,
		effect: a.effect,
		requestedAt: a.requestedAt.toISOString(),
		expiresAt: a.expiresAt.toISOString(),
		resolvedAt: a.resolvedAt?.toISOString() ?? null,
		resolvedBy: a.resolvedKind
			? { kind: a.resolvedKind, id: a.resolvedBy, name: a.resolvedByName, via: a.resolvedVia }
			: null,
		reason: a.reason,
		ruleId: a.ruleId,
		bypassId: a.bypassId,
		demo: a.demo
	};
}

export async function viewOfApproval(db: Db | Tx, id: string): Promise<ApprovalView> {
	const [row] = await approvalColumns(db, eq(approvals.id, id));
	if (!row) throw new Error(`approval ${id} is gone`);
	return approvalView(row);
}

/** What a viewer is shown: that something waits, not what exactly. */
export function withoutDetails(view: ApprovalView): ApprovalView {
	return { ...view, details: null, command: null, diff: null, cwd: null, paths: null };
}

/** A session as a viewer is shown it. */
export function sessionWithoutDetails<T extends SessionView>(session: T): T {
	return { ...session, pendingApprovals: session.pendingApprovals.map(withoutDetails) };
}

/** What an event carries, as a viewer is shown it. */
export function dataWithoutDetails(data: Record<string, unknown>): Record<string, unknown> {
	const { approval, session } = data;
	return {
		...data,
		...(approval ? { approval: withoutDetails(approval as ApprovalView) } : {}),
		...(session ? { session: sessionWithoutDetails(session as SessionView) } : {})
	};
}

export type BypassRow = typeof approvalBypasses.$inferSelect;

/** The condition of a bypass that answers at this moment. */
export const bypassRuns = (now: Date) =>
	and(isNull(approvalBypasses.endedAt), gt(approvalBypasses.until, now));

/** Bypasses that are in force. */
export function listBypasses(db: Db | Tx, orgId: string, now: Date): Promise<BypassRow[]> {
	return db
		.select()
		.from(approvalBypasses)
		.where(and(eq(approvalBypasses.orgId, orgId), bypassRuns(now)))
		.orderBy(approvalBypasses.until);
}

export function bypassView(row: BypassRow): BypassView {
	const { id, orgId, scope, scopeId, reason, uses, createdByName } = row;
	return {
		...{ id, orgId, scope, scopeId, reason, uses, createdByName },
		until: row.until.toISOString(),
		endedAt: row.endedAt?.toISOString() ?? null
	};
}
