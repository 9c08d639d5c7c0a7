import { join } from 'node:path';
import { migrate as run } from 'drizzle-orm/postgres-js/migrator';
import { packageRoot } from '#server/package-root.ts';
import type { Database } from './open.ts';

/** Brings the schema up to date. Safe to call at every start; returns how many migrations were applied. */
export async function migrate(database: Database): Promise<number> {
	const before = await applied(database);
	await run(database.db, { migrationsFolder: join(packageRoot(), 'drizzle') });
	return (await applied(database)) - before;
}

async function applied(database: Database): Promise<number> {
	const [row] = await database.sql<{ n: number | null }[]>`
		select case when to_regclass('drizzle.__drizzle_migrations') is null then 0 else 1 end as n`;
	if (!row?.n) return 0;
	const [count] = await database.sql<{ n: string }[]>`
		select count(*) as n from drizzle.__drizzle_migrations`;
	return Number(count?.n ?? 0);
}
