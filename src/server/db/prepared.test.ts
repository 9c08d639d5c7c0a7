import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createChooser } from './prepared.ts';
import { testDatabase } from './testing/database.ts';

test('a statement is prepared once it has come three times, and stays so', () => {
	const worthIt = createChooser();
	const asked = () => worthIt('select $1', 1);
	expect([asked(), asked(), asked(), asked()]).toEqual([false, false, true, true]);
});

test('statements without parameters, with long lists, and beyond the limit are not', () => {
	const worthIt = createChooser();
	const often = (text: string, parameters: number) =>
		[1, 2, 3, 4].map(() => worthIt(text, parameters)).at(-1);
	expect(often('begin', 0)).toBe(false);
	expect(often('select 1 where 1 in (…)', 33)).toBe(false);
	const chosen = Array.from({ length: 1_000 }, (_, n) => often(`select $1, ${n}`, 1));
	expect(chosen.filter(Boolean)).toHaveLength(400);
	expect(worthIt('select $1, 0', 1)).toBe(true);
	expect(worthIt('select $1, 999', 1)).toBe(false);
});

test('Drizzle’s statements are prepared, also inside transactions and savepoints', async () => {
	const { db, sql: driver } = await testDatabase();
	const ask = (on: Pick<typeof db, 'execute'>, n: number) =>
		on.execute<{ n: number }>(sql`select ${n}::int + 1 as n`);
	for (let n = 0; n < 3; n++) {
		expect((await ask(db, n))[0]!.n).toBe(n + 1);
		await db.transaction(async (tx) => {
			expect((await ask(tx, n))[0]!.n).toBe(n + 1);
			await tx.transaction(async (inner) => expect((await ask(inner, n))[0]!.n).toBe(n + 1));
		});
	}
	const rows = await driver<{ statement: string }[]>`select statement from pg_prepared_statements`;
	expect(rows.filter((row) => row.statement.includes('::int + 1'))).toHaveLength(1);
});
