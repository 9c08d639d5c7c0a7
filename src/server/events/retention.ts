// Old events go, a thousand at a time; never those of active sessions (control-plane.md 16).
import { sql } from 'drizzle-orm';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { Clock } from '#server/clock.ts';
import { orgs } from '#server/db/schema/accounts.ts';
import type { Database } from '#server/db/open.ts';

export interface Retention {
	/** Deletes one batch; returns how many rows went. Once an hour also old audit rows and used idempotency keys. */
	sweep(): Promise<number>;
}

const KEEP_DAYS = 7;
const BATCH = 1_000;
const AUDIT_DAYS = 365;
const RARELY_MS = 3_600_000;

export function createRetention(deps: {
	database: Database;
	clock: Clock;
	/** Forgets idempotency keys of more than a day ago. */
	sweepKeys: () => Promise<void>;
	/** Shortens an org's audit chain at its old end. */
	pruneAudit: (orgId: string | null, before: Date) => Promise<unknown>;
}): Retention {
	let rareAt = -Infinity;

	async function rarely(): Promise<void> {
		const now = deps.clock.now();
		if (deps.clock.monotonicMs() - rareAt < RARELY_MS) return;
		rareAt = deps.clock.monotonicMs();
		await deps.sweepKeys();
		const before = new Date(now.getTime() - AUDIT_DAYS * 86_400_000);
		const all = await deps.database.db.select({ id: orgs.id }).from(orgs);
		for (const orgId of [null, ...all.map((org) => org.id)]) await deps.pruneAudit(orgId, before);
	}

	const active = sql.raw(`('${ACTIVE_STATES.join("','")}')`);
	return {
		async sweep() {
			await rarely();
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
