// A database of its own on the real PostgreSQL that `npm test` starts; only for *.pg.test.ts, which are left out without one.
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import { migrate } from '../migrate.ts';
import { openDatabase, type Database } from '../open.ts';

/** The address of a fresh, empty database on PostgreSQL, dropped when the running test is finished. */
async function emptyPostgres(): Promise<string> {
	const server = process.env.VILLAGE_TEST_POSTGRES;
	if (!server) throw new Error('VILLAGE_TEST_POSTGRES is not set');
	const name = `village_${randomBytes(6).toString('hex')}`;
	const admin = postgres(server, { max: 1, onnotice: () => {} });
	await admin`create database ${admin(name)}`;
	onTestFinished(async () => {
		await admin`drop database ${admin(name)} with (force)`;
		await admin.end();
	});
	const url = new URL(server);
	url.pathname = `/${name}`;
	return url.href;
}

/** A fresh, migrated database on PostgreSQL, dropped when the running test is finished. `url` opens further connections. */
export async function testPostgres(): Promise<Database & { url: string }> {
	const url = await emptyPostgres();
	const database = await openDatabase({ databaseUrl: url, dataDir: '', inMemory: false });
	onTestFinished(() => database.close());
	await migrate(database);
	return { ...database, url };
}
