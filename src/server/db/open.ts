// The one place that knows which database is used: PGlite in the data directory, or PostgreSQL at DATABASE_URL.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import type { Config } from '#server/config.ts';
import { packageRoot } from '#server/package-root.ts';
import { acquireLock, DatabaseInUseError, type Lock } from './lock.ts';
import { openPglite, type EmbeddedPostgres } from './pglite.ts';
import { preparing } from './prepared.ts';

/** The database, or a transaction on it: stores take either. */
export type Db = PostgresJsDatabase;
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];

export interface Database {
	readonly db: Db;
	readonly engine: 'pglite' | 'postgres';
	/** Raw driver, for the probe of `/readyz`, LISTEN and statements Drizzle has no words for. */
	readonly sql: postgres.Sql;
	/** A tar of the embedded database; null on PostgreSQL, where `pg_dump` does this. */
	dump(compression?: 'gzip' | 'none'): Promise<Uint8Array | null>;
	close(): Promise<void>;
}

/** The folder where `npm run build` leaves a ready-made cluster; a first start is then a copy instead of initdb. */
export function templatePath(): string {
	return join(packageRoot(), 'dist', 'pglite-template');
}

const SERVER_LOCK_KEY = 0x56_49_4c_4c;

/**
 * Opens the database for this process alone. Throws `DatabaseInUseError` when another process has it.
 * @param onFirstStart called before a cluster is made from nothing, which takes seconds
 */
export async function openDatabase(
	config: Pick<Config, 'databaseUrl' | 'dataDir' | 'inMemory'>,
	options: { template?: string; onFirstStart?: () => void } = {}
): Promise<Database> {
	if (config.databaseUrl) return openPostgres(config.databaseUrl);

	const template = options.template ?? templatePath();
	let lock: Lock | null = null;
	let embedded: EmbeddedPostgres;
	if (config.inMemory) {
		embedded = await openPglite(null, template);
	} else {
		mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
		lock = acquireLock(join(config.dataDir, 'village.lock'));
		const cluster = join(config.dataDir, 'db');
		if (!existsSync(join(cluster, 'PG_VERSION')) && !existsSync(template)) options.onFirstStart?.();
		try {
			embedded = await openPglite(cluster, template);
		} catch (error) {
			lock.release();
			throw error;
		}
	}
	const sql = postgres({
		...driverOptions(1),
		// It answers when it can: on a busy machine a worker thread may need longer than any patience.
		connect_timeout: 0,
		user: 'postgres',
		database: 'postgres',
		socket: () => embedded.connect()
	} as unknown as postgres.Options<Record<string, never>>);
	return {
		db: drizzle(preparing(sql)),
		engine: 'pglite',
		sql,
		dump: (compression = 'gzip') => embedded.dump(compression),
		async close() {
			await sql.end({ timeout: 5 });
			await embedded.close();
			lock?.release();
		}
	};
}

async function openPostgres(url: string): Promise<Database> {
	const sql = postgres(url, driverOptions(8));
	const holder = postgres(url, { ...driverOptions(1), idle_timeout: 0 });
	const [row] = await holder<{ held: boolean }[]>`
		select pg_try_advisory_lock(${SERVER_LOCK_KEY}) as held`;
	if (!row?.held) {
		await Promise.all([sql.end({ timeout: 1 }), holder.end({ timeout: 1 })]);
		throw new DatabaseInUseError('another server already uses this database', null);
	}
	return {
		db: drizzle(preparing(sql)),
		engine: 'postgres',
		sql,
		dump: () => Promise.resolve(null),
		async close() {
			await sql.end({ timeout: 5 });
			await holder.end({ timeout: 5 });
		}
	};
}

function driverOptions(max: number) {
	return {
		max,
		fetch_types: false,
		idle_timeout: 0,
		// Connections live as long as the server: a reconnect in the middle of the day is latency for nothing.
		max_lifetime: null,
		connect_timeout: 10,
		onnotice: () => {}
	} as const;
}
