// Whether the server can do its work, for load balancers and people (control-plane.md 12).
import type { Database } from '#server/db/open.ts';
import type { Reaper } from '#server/sessions/reaper.ts';
import type { Scheduler } from '#server/sessions/scheduler.ts';
import type { Terminals } from '#server/terminals/types.ts';

export type Check = 'ok' | 'late' | 'down';
export interface Readiness {
	status: 'ready' | 'not_ready';
	checks: Record<'database' | 'migrations' | 'persister' | 'scheduler' | 'sweeper', Check>;
}

export interface Health {
	readiness(): Promise<Readiness>;
	/** From now on `/readyz` says no, so that no new work is sent here. */
	drain(): void;
}

const PROBE_MS = 1_000;
const SCHEDULER_LATE_MS = 30_000;
const SWEEPER_LATE_MS = 90_000;
const PERSISTER_LATE_BYTES = 16 * 1_048_576;

export function createHealth(deps: {
	database: Database;
	scheduler: Scheduler;
	reaper: Reaper;
	terminals: Terminals;
}): Health {
	let draining = false;
	return {
		drain: () => void (draining = true),
		async readiness() {
			const database = await probe(deps.database);
			const checks = {
				database,
				// The app opens only after its migrations, so an open app has them.
				migrations: 'ok' as const,
				persister:
					deps.terminals.stats.persistQueueBytes > PERSISTER_LATE_BYTES
						? ('late' as const)
						: ('ok' as const),
				scheduler:
					deps.scheduler.idleMs() > SCHEDULER_LATE_MS ? ('late' as const) : ('ok' as const),
				sweeper: deps.reaper.idleMs() > SWEEPER_LATE_MS ? ('late' as const) : ('ok' as const)
			};
			const ready = !draining && checks.database === 'ok';
			return { status: ready ? 'ready' : 'not_ready', checks };
		}
	};
}

async function probe(database: Database): Promise<Check> {
	let timer: NodeJS.Timeout | undefined;
	try {
		return await Promise.race([
			database.sql`select 1`.then(() => 'ok' as const),
			new Promise<Check>((resolve) => {
				timer = setTimeout(() => resolve('late'), PROBE_MS);
			})
		]);
	} catch {
		return 'down';
	} finally {
		clearTimeout(timer);
	}
}
