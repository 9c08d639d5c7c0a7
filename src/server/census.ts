// How many of each there are, for the metrics.
import { count, inArray, isNull } from 'drizzle-orm';
import { runnerStatus } from '#domain/runner.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { Database } from './db/open.ts';
import { runners } from './db/schema/runners.ts';
import { sessions } from './db/schema/sessions.ts';

/** Active sessions by state; a state without one is 0. */
export async function sessionsByState({ db }: Database): Promise<Record<string, number>> {
	const rows = await db
		.select({ state: sessions.state, n: count() })
		.from(sessions)
		.where(inArray(sessions.state, [...ACTIVE_STATES]))
		.groupBy(sessions.state);
	return {
		...Object.fromEntries(ACTIVE_STATES.map((state) => [state, 0])),
		...Object.fromEntries(rows.map((row) => [row.state, row.n]))
	};
}

/** Runners by status; a status without one is 0. */
export async function runnersByStatus({ db }: Database): Promise<Record<string, number>> {
	const rows = await db
		.select({ connected: runners.connected, mode: runners.mode, n: count() })
		.from(runners)
		.where(isNull(runners.deletedAt))
		.groupBy(runners.connected, runners.mode);
	const byStatus: Record<string, number> = { online: 0, offline: 0, draining: 0, maintenance: 0 };
	for (const row of rows) byStatus[runnerStatus(row.connected, row.mode)]! += row.n;
	return byStatus;
}
