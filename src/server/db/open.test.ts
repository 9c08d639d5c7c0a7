import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { migrate } from './migrate.ts';
import { DatabaseInUseError } from './lock.ts';
import { openDatabase } from './open.ts';
import { testDatabase } from './testing/database.ts';

const onDisk = () => ({
	databaseUrl: null,
	dataDir: mkdtempSync(join(tmpdir(), 'village-db-')),
	inMemory: false
});

test('the embedded database keeps what was written after it was closed and opened again', async () => {
	const config = onDisk();
	const options = { template: inject('databaseTemplate') };
	const first = await openDatabase(config, options);
	await first.sql`insert into settings (key, value) values ('a', '1')`;
	await first.close();
	const second = await openDatabase(config, options);
	expect(await second.sql`select key from settings`).toHaveLength(1);
	await second.close();
});

test('a second opener of the same data directory is refused with the pid of the first', async () => {
	const config = onDisk();
	const options = { template: inject('databaseTemplate') };
	const first = await openDatabase(config, options);
	const second = openDatabase(config, options);
	await expect(second).rejects.toThrowError(DatabaseInUseError);
	await expect(second).rejects.toMatchObject({ holder: process.pid });
	await first.close();
});

// The same code on both: what is promised holds for the embedded database and for PostgreSQL.
const ENGINES = ['embedded', 'any'] as const;

test.each(ENGINES)('migrating an up-to-date database changes nothing (%s)', async (engine) => {
	expect(await migrate(await testDatabase(engine))).toBe(0);
});

test.each(ENGINES)(
	'a failed transaction leaves nothing behind and the connection usable (%s)',
	async (engine) => {
		const { sql } = await testDatabase(engine);
		const failed = sql.begin(async (tx) => {
			await tx`insert into settings (key, value) values ('lost', '1')`;
			throw new Error('rolled back');
		});
		await expect(failed).rejects.toThrowError('rolled back');
		await expect(sql`select * from missing_table`).rejects.toMatchObject({ code: '42P01' });
		expect(await sql`select * from settings`).toHaveLength(0);
	}
);

test.each(ENGINES)('events and audit rows refuse to be changed (%s)', async (engine) => {
	const { sql } = await testDatabase(engine);
	await sql`insert into events (org_id, stream, seq, type, data, actor, at)
		values ('o', 'org:o', 1, 'x', '{}', 'system', now())`;
	await expect(sql`update events set type = 'y'`).rejects.toThrowError(/append-only/);
});
