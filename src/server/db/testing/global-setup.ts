// Makes what the databases of tests are copied from: one migrated cluster, and one database on PostgreSQL where there is one.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { migrate } from '../migrate.ts';
import { openDatabase } from '../open.ts';

declare module 'vitest' {
	interface ProvidedContext {
		databaseTemplate: string;
		postgresTemplate: string | null;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const dir = mkdtempSync(join(tmpdir(), 'village-template-'));
	const template = join(dir, 'template.tar');
	const database = await openDatabase(
		{ databaseUrl: null, dataDir: dir, inMemory: true },
		{ template }
	);
	await migrate(database);
	const dump = await database.dump('none');
	if (dump) writeFileSync(template, dump);
	await database.close();
	project.provide('databaseTemplate', template);

	const server = process.env.VILLAGE_TEST_POSTGRES;
	const dropTemplate = server ? await onPostgres(project, server) : null;
	if (!server) project.provide('postgresTemplate', null);
	return async () => {
		await dropTemplate?.();
		rmSync(dir, { recursive: true, force: true });
	};
}

async function onPostgres(project: TestProject, server: string): Promise<() => Promise<void>> {
	const name = `village_template_${randomBytes(6).toString('hex')}`;
	const admin = postgres(server, { max: 1, onnotice: () => {} });
	await admin`create database ${admin(name)}`;
	const url = new URL(server);
	url.pathname = `/${name}`;
	const database = await openDatabase({ databaseUrl: url.href, dataDir: '', inMemory: false });
	await migrate(database);
	await database.close();
	project.provide('postgresTemplate', name);
	return async () => {
		await admin`drop database ${admin(name)} with (force)`;
		await admin.end();
	};
}
