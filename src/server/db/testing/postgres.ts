// Databases of their own on the real PostgreSQL that `npm test` starts.
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import { migrate } from '../migrate.ts';
import { openDatabase, type Database } from '../open.ts';

export interface PostgresDatabase {
	name: string;
	url: string;
	/** Removes it, whoever is still connected. */
	drop(): Promise<void>;
}

/** Makes a database on a server: empty, or a copy of the one named `template`. */
export async function createPostgres(server: string, template?: string): Promise<PostgresDatabase> {
	const name = `village_${randomBytes(6).toString('hex')}`;
	const admin = postgres(server, { max: 1, onnotice: () => {} });
	await admin`create database ${admin(name)} template ${admin(template ?? 'template1')}`;
	const url = new URL(server);
	url.pathname = `/${name}`;
	return {
		name,
		url: url.href,
		async drop() {
			await admin`drop database ${admin(name)} with (force)`;
			await admin.end();
		}
	};
}

/**
 * A fresh, migrated database on PostgreSQL, dropped when the running test is finished. `url` opens further connections.
 * Only for *.pg.test.ts, which are left out without a server.
 */
export async function testPostgres(): Promise<Database & { url: string }> {
	const server = process.env.VILLAGE_TEST_POSTGRES;
	if (!server) throw new Error('VILLAGE_TEST_POSTGRES is not set');
	const { url, drop } = await createPostgres(server);
	onTestFinished(drop);
	const database = await openDatabase({ databaseUrl: url, dataDir: '', inMemory: false });
	onTestFinished(() => database.close());
	await migrate(database);
	return { ...database, url };
}
