// Makes dist/pglite-template.tgz at build time: a migrated, empty cluster that a first start unpacks instead of seconds of initdb.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { migrate } from '#server/db/migrate.ts';
import { openDatabase, templatePath } from '#server/db/open.ts';

const path = templatePath();
// Made from nothing: an older template would bring its schema along.
const database = await openDatabase(
	{ databaseUrl: null, dataDir: '', inMemory: true },
	{ template: '' }
);
try {
	await migrate(database);
	const dump = await database.dump('gzip');
	if (!dump) throw new Error('the embedded database gave no dump');
	mkdirSync(dirname(path), { recursive: true });
	// Written aside first: a half-written template would break every first start.
	writeFileSync(`${path}.part`, dump);
	renameSync(`${path}.part`, path);
} finally {
	await database.close();
}
