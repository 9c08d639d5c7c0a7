// Makes one migrated cluster for the whole run; each test file starts from a copy of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrate } from '../migrate.ts';
import { openDatabase } from '../open.ts';

declare module 'vitest' {
	interface ProvidedContext {
		databaseTemplate: string;
	}
}

export default async function setup(project: TestProject): Promise<() => void> {
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
	return () => rmSync(dir, { recursive: true, force: true });
}
