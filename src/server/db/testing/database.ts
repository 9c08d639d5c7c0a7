import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject, onTestFinished } from 'vitest';
import { openDatabase, type Database } from '../open.ts';

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
export async function freshDatabase(
	engine: 'any' | 'embedded' = 'any'
): Promise<TestDatabaseConfig> {
	const server = process.env.VILLAGE_TEST_POSTGRES;
	const template = inject('postgresTemplate');
	if (engine === 'embedded' || !server || !template)
		return { databaseUrl: null, inMemory: true, drop: () => Promise.resolve() };
	const name = `village_${randomBytes(6).toString('hex')}`;
	const admin = postgres(server, { max: 1, onnotice: () => {} });
	await admin`create database ${admin(name)} template ${admin(template)}`;
	const url = new URL(server);
	url.pathname = `/${name}`;
	return {
		databaseUrl: url.href,
		inMemory: false,
		async drop() {
			await admin`drop database ${admin(name)} with (force)`;
			await admin.end();
		}
	};
}

/** A fresh database, open. Close it yourself, or use `testDatabase`. */
export async function openTestDatabase(engine: 'any' | 'embedded' = 'any'): Promise<Database> {
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
export async function testDatabase(engine: 'any' | 'embedded' = 'any'): Promise<Database> {
	const database = await openTestDatabase(engine);
	onTestFinished(() => database.close());
	return database;
}
