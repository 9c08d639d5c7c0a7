import { inject, onTestFinished } from 'vitest';
import { openDatabase, type Database } from '../open.ts';

/** A fresh, migrated, real database in memory. Close it yourself, or use `testDatabase`. */
export function openTestDatabase(): Promise<Database> {
	return openDatabase(
		{ databaseUrl: null, dataDir: '', inMemory: true },
		{ template: inject('databaseTemplate') }
	);
}

/** The same, closed when the running test is finished. */
export async function testDatabase(): Promise<Database> {
	const database = await openTestDatabase();
	onTestFinished(() => database.close());
	return database;
}
