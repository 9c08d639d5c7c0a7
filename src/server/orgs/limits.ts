// The limits in force of each org, for every subject that has to keep one.
import { sql, type SQL } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { DEFAULT_LIMITS, limitsOf, type LimitName, type OrgLimits } from '#domain/limits.ts';
import { orgs } from '#server/db/schema/accounts.ts';
import type { Database, Db, Tx } from '#server/db/open.ts';
import { findOrgs } from './store.ts';

export interface Limits {
	/** What holds for an org: the defaults, those of the deployment, the org's own, in this order. */
	of(orgId: string, on?: Db | Tx): Promise<OrgLimits>;
	/** The same of what an org has stored itself. */
	over(own: Partial<OrgLimits>): OrgLimits;
	/** One limit in a condition over rows of many orgs; `orgId` is the column that names the row's org. */
	sql(name: LimitName, orgId: AnyPgColumn): SQL<number>;
}

export function createLimits(deps: {
	database: Database;
	/** `VILLAGE_MAX_SESSIONS`; null: the default. */
	maxSessions: number | null;
}): Limits {
	const deployment = deps.maxSessions ? { maxSessionsPerOrg: deps.maxSessions } : {};
	const over = (own: Partial<OrgLimits>) => limitsOf({ ...deployment, ...own });
	const fallback: OrgLimits = { ...DEFAULT_LIMITS, ...deployment };
	return {
		over,
		async of(orgId, on = deps.database.db) {
			const [org] = await findOrgs(on, [orgId]);
			return over(org?.limits ?? {});
		},
		sql: (name, orgId) =>
			sql<number>`coalesce((select (o.limits->>${sql.raw(`'${name}'`)})::numeric from ${orgs} o where o.id = ${orgId}), ${sql.raw(String(fallback[name]))})`
	};
}
