// Makes dist/pglite-template at build time: a migrated, empty cluster that a first start copies instead of seconds of initdb.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { migrate } from '#server/db/migrate.ts';
import { openDatabase, templatePath } from '#server/db/open.ts';

const path = templatePath();
// Made aside first: a half-made template would break every first start.
const aside = `${path}.part`;
rmSync(aside, { recursive: true, force: true });
mkdirSync(dirname(path), { recursive: true });
// Made from nothing: an older template would bring its schema along.
const database = await openDatabase(
	{ databaseUrl: null, dataDir: aside, inMemory: false },
	{ template: '' }
);
try {
	await migrate(database);
	await database.sql`checkpoint`;
} finally {
	await database.close();
}
rmSync(path, { recursive: true, force: true });
renameSync(join(aside, 'db'), path);
rmSync(aside, { recursive: true, force: true });
