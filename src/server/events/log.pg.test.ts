import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryBus } from '#server/bus/memory.ts';
import { systemClock } from '#server/clock.ts';
import { testPostgres } from '#server/db/testing/postgres.ts';
import { createEventLog } from './log.ts';

const event = (n: number) => ({
	stream: 'org:o1' as const,
	type: 'thing.happened',
	data: { n },
	actor: 'system'
});

test('a follower sees every event although transactions on several connections finish in any order', async () => {
	const database = await testPostgres();
	const bus = createMemoryBus((error) => {
		throw error;
	});
	const log = createEventLog({ database, bus, clock: systemClock });
	const seen: number[] = [];
	let busy = true;
	const follower = (async () => {
		let after = 0;
		for (;;) {
			const finished = !busy;
			const page = await log.read('o1', after, 50);
			seen.push(...page.map((row) => row.data.n as number));
			after = page.at(-1)?.id ?? after;
			if (finished && page.length === 0) return;
		}
	})();
	await Promise.all(
		Array.from({ length: 60 }, (_, n) =>
			log.transact(async (tx, collect) => {
				collect.add('o1', event(n));
				// Work of different length before the commit: without the org's lock, numbers would become visible out of order.
				await tx.execute(`select pg_sleep(${((n * 7) % 10) / 1000})`);
			})
		)
	);
	busy = false;
	await follower;
	expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n));
	const rows = await database.sql<{ id: string; seq: string }[]>`
		select id, seq from events where org_id = 'o1' order by id`;
	expect(rows.map((row) => Number(row.seq))).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
});

test('a second server on the same PostgreSQL database is refused', async () => {
	const { url } = await testPostgres();
	const { openDatabase } = await import('#server/db/open.ts');
	await expect(openDatabase({ databaseUrl: url, dataDir: '', inMemory: false })).rejects.toThrow(
		/another server/
	);
});

test('a connection that dies in a transaction leaves no event and no lock behind', async () => {
	const database = await testPostgres();
	const log = createEventLog({ database, bus: createMemoryBus(() => {}), clock: systemClock });
	const other = postgres(database.url, { max: 1, onnotice: () => {} });
	onTestFinished(() => other.end({ timeout: 1 }));
	const connection = await other.reserve();
	const [mine] = await connection<{ pid: number }[]>`select pg_backend_pid() as pid`;
	await connection`begin`;
	await connection`select pg_advisory_xact_lock(hashtextextended('events:o1', 0))`;
	await database.sql`select pg_terminate_backend(${mine!.pid})`;
	await log.transact((_tx, collect) => Promise.resolve(collect.add('o1', event(1))));
	expect(await log.head('o1')).toBeGreaterThan(0);
});
