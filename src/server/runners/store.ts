// Rows of runners, what is still to be told to them, and the shape clients get.
import { and, asc, eq, gt, inArray, isNull, lte, sql } from 'drizzle-orm';
import { runnerStatus } from '#domain/runner.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { RunnerView } from '#domain/views.ts';
import type { ServerMessage } from '#protocol/runner/down.ts';
import { runnerOutbox, runners } from '#server/db/schema/runners.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import type { Db, Tx } from '#server/db/open.ts';
import type { Collector } from '#server/events/log.ts';
import type { RunnerLinks } from './links.ts';

export type Runner = typeof runners.$inferSelect;

/** The row, or null when it is absent or deregistered. */
export async function findRunner(db: Db | Tx, id: string): Promise<Runner | null> {
	const [row] = await db
		.select()
		.from(runners)
		.where(and(eq(runners.id, id), isNull(runners.deletedAt)));
	return row ?? null;
}

const used = sql<number>`(select count(*)::int from ${sessions} s where s.runner_id = "runners"."id" and s.state in ${sql.raw(`('${ACTIVE_STATES.join("','")}')`)})`;

/** Runners with how many sessions each has, by name. */
export async function listRunners(db: Db | Tx, orgId: string): Promise<RunnerView[]> {
	const rows = await db
		.select({ runner: runners, used })
		.from(runners)
		.where(and(eq(runners.orgId, orgId), isNull(runners.deletedAt)))
		.orderBy(runners.hostname, runners.id);
	return rows.map((row) => runnerView(row.runner, row.used));
}

export async function viewOfRunner(db: Db | Tx, id: string): Promise<RunnerView> {
	const [row] = await db.select({ runner: runners, used }).from(runners).where(eq(runners.id, id));
	if (!row) throw new Error(`runner ${id} is gone`);
	return runnerView(row.runner, row.used);
}

function runnerView(r: Runner, active: number): RunnerView {
	return {
		id: r.id,
		orgId: r.orgId,
		hostname: r.hostname,
		label: r.label,
		os: r.os,
		arch: r.arch,
		status: runnerStatus(r.connected, r.mode),
		mode: r.mode,
		connected: r.connected,
		capacity: r.capacity,
		used: active,
		features: r.features,
		providers: r.providers,
		allowLocal: r.allowLocal,
		load: r.load ?? null,
		runnerVersion: r.runnerVersion,
		lastSeenAt: r.lastSeenAt?.toISOString() ?? null,
		clockSkewMs: r.clockSkewMs,
		local: r.local,
		createdAt: r.createdAt.toISOString()
	};
}

/** Ids of the active sessions placed on a runner. */
export async function sessionsOn(db: Db | Tx, runnerId: string): Promise<string[]> {
	const rows = await db
		.select({ id: sessions.id })
		.from(sessions)
		.where(and(eq(sessions.runnerId, runnerId), inArray(sessions.state, [...ACTIVE_STATES])));
	return rows.map((row) => row.id);
}

/** Numbers a command for a runner, keeps it until the runner has acknowledged it, and sends it after the commit. */
export async function tell(
	links: Pick<RunnerLinks, 'get'>,
	tx: Tx,
	collect: Collector,
	runnerId: string,
	message: ServerMessage
): Promise<void> {
	const [row] = await tx
		.update(runners)
		.set({ outSeq: sql`${runners.outSeq} + 1` })
		.where(eq(runners.id, runnerId))
		.returning({ seq: runners.outSeq });
	if (!row) return;
	await tx.insert(runnerOutbox).values({ runnerId, seq: row.seq, frame: message });
	collect.after(() => links.get(runnerId)?.push());
}

export function outboxAfter(
	db: Db | Tx,
	runnerId: string,
	seq: number,
	limit: number
): Promise<{ seq: number; frame: Record<string, unknown> }[]> {
	return db
		.select({ seq: runnerOutbox.seq, frame: runnerOutbox.frame })
		.from(runnerOutbox)
		.where(and(eq(runnerOutbox.runnerId, runnerId), gt(runnerOutbox.seq, seq)))
		.orderBy(asc(runnerOutbox.seq))
		.limit(limit);
}

export async function forgetOutbox(db: Db | Tx, runnerId: string, upTo: number): Promise<void> {
	await db
		.delete(runnerOutbox)
		.where(and(eq(runnerOutbox.runnerId, runnerId), lte(runnerOutbox.seq, upTo)));
}

/** Tells followers of a runner, with its full new value. */
export async function emitRunner(
	tx: Tx,
	collect: Collector,
	runnerId: string,
	type: string,
	data: Record<string, unknown> = {}
) {
	const view = await viewOfRunner(tx, runnerId);
	collect.add(view.orgId, {
		stream: `org:${view.orgId}`,
		type,
		data: { runnerId, ...data, runner: view },
		actor: `runner:${runnerId}`
	});
}
