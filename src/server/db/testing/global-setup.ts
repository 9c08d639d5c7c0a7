// Makes what the databases of tests are copied from: one migrated cluster, and one database on PostgreSQL where there is one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrate } from '../migrate.ts';
import { openDatabase } from '../open.ts';
import { createPostgres } from './postgres.ts';

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
	const migrated = server ? await createPostgres(server) : null;
	if (migrated) {
		const onServer = await openDatabase({
			databaseUrl: migrated.url,
			dataDir: '',
			inMemory: false
		});
		await migrate(onServer);
		await onServer.close();
	}
	project.provide('postgresTemplate', migrated?.name ?? null);
	return async () => {
		await migrated?.drop();
		rmSync(dir, { recursive: true, force: true });
	};
}
