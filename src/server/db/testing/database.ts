import { inject, onTestFinished } from 'vitest';
import { openDatabase, type Database } from '../open.ts';
import { createPostgres } from './postgres.ts';

/** `any`: PostgreSQL where `npm test` has started one. */
export type TestEngine = 'any' | 'embedded';

/** What a test's database is opened with, and how it is removed after it was closed. */
export interface TestDatabaseConfig {
	databaseUrl: string | null;
	inMemory: boolean;
	drop(): Promise<void>;
}

/**
 * A fresh, migrated, real database: on the PostgreSQL that `npm test` starts, where a copy takes a twentieth of a second;
 * without one, or when a test is about the embedded database, in memory, where it takes a whole one.
 */
export async function freshDatabase(engine: TestEngine = 'any'): Promise<TestDatabaseConfig> {
	const server = process.env.VILLAGE_TEST_POSTGRES;
	const template = inject('postgresTemplate');
	if (engine === 'embedded' || !server || !template)
		return { databaseUrl: null, inMemory: true, drop: () => Promise.resolve() };
	const { url, drop } = await createPostgres(server, template);
	return { databaseUrl: url, inMemory: false, drop };
}

/** A fresh database, open. Close it yourself, or use `testDatabase`. */
export async function openTestDatabase(engine: TestEngine = 'any'): Promise<Database> {
	const config = await freshDatabase(engine);
	const database = await openDatabase(
		{ ...config, dataDir: '' },
		{ template: inject('databaseTemplate') }
	);
	return {
		...database,
		async close() {
			await database.close();
			await config.drop();
		}
	};
}

/** The same, closed when the running test is finished. */
export async function testDatabase(engine: TestEngine = 'any'): Promise<Database> {
	const database = await openTestDatabase(engine);
	onTestFinished(() => database.close());
	return database;
}
