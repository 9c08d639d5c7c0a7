// Old events go, a thousand at a time; never those of active sessions (control-plane.md 16).
import { sql } from 'drizzle-orm';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { Clock } from '#server/clock.ts';
import type { Database } from '#server/db/open.ts';

export interface Retention {
	/** Deletes one batch; returns how many rows went. */
	sweep(): Promise<number>;
}

const KEEP_DAYS = 7;
const BATCH = 1_000;

export function createRetention(deps: { database: Database; clock: Clock }): Retention {
	const active = sql.raw(`('${ACTIVE_STATES.join("','")}')`);
	return {
		async sweep() {
			const before = new Date(deps.clock.now().getTime() - KEEP_DAYS * 86_400_000);
			const rows = await deps.database.db.execute(sql`
				delete from events where id in (
					select e.id from events e
					where e.at < ${before.toISOString()}
						and not exists (select 1 from sessions s where s.id = e.session_id and s.state in ${active})
					order by e.id limit ${BATCH})
				returning 1`);
			return rows.length;
		}
	};
}
