// How many there are of what, for `/metrics`.
import { count, inArray, isNull } from 'drizzle-orm';
import { runnerStatus } from '#domain/runner.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import { runners as runnerRows } from '#server/db/schema/runners.ts';
import { sessions as sessionRows } from '#server/db/schema/sessions.ts';
import type { Database } from '#server/db/open.ts';

/** Active sessions by state, or runners by status. */
export async function countBy(
	{ db }: Database,
	what: 'sessions' | 'runners'
): Promise<Record<string, number>> {
	if (what === 'sessions') {
		const rows = await db
			.select({ state: sessionRows.state, n: count() })
			.from(sessionRows)
			.where(inArray(sessionRows.state, [...ACTIVE_STATES]))
			.groupBy(sessionRows.state);
		return {
			...Object.fromEntries(ACTIVE_STATES.map((state) => [state, 0])),
			...Object.fromEntries(rows.map((row) => [row.state, row.n]))
		};
	}
	const rows = await db
		.select({ connected: runnerRows.connected, mode: runnerRows.mode, n: count() })
		.from(runnerRows)
		.where(isNull(runnerRows.deletedAt))
		.groupBy(runnerRows.connected, runnerRows.mode);
	const byStatus: Record<string, number> = { online: 0, offline: 0, draining: 0, maintenance: 0 };
	for (const row of rows) byStatus[runnerStatus(row.connected, row.mode)]! += row.n;
	return byStatus;
}
