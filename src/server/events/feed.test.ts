import { expect, test } from 'vitest';
import { createMemoryBus } from '#server/bus/memory.ts';
import { systemClock } from '#server/clock.ts';
import { testDatabase } from '#server/db/testing/database.ts';
import { createFeed, type FeedBatch } from './feed.ts';
import { createEventLog } from './log.ts';

async function open() {
	const database = await testDatabase();
	const bus = createMemoryBus((error) => {
		throw error;
	});
	const log = createEventLog({ database, bus, clock: systemClock });
	const feed = createFeed({ log, bus });
	const add = (n: number, orgId = 'o') =>
		log.transact((_tx, collect) => {
			for (let i = 0; i < n; i++)
				collect.add(orgId, {
					stream: `org:${orgId}`,
					type: 'test.happened',
					data: { i },
					actor: 'test'
				});
			return Promise.resolve();
		});
	return { database, log, feed, add };
}

/** Reads batches until `count` events came. */
async function take(follow: AsyncGenerator<FeedBatch>, count: number): Promise<FeedBatch[]> {
	const batches: FeedBatch[] = [];
	let n = 0;
	while (n < count) {
		const next = await follow.next();
		if (next.done) break;
		batches.push(next.value);
		n += next.value.events.length;
	}
	return batches;
}

test('a follower gets the backlog after its cursor and then what comes, each once and in order', async () => {
	const { feed, add, log } = await open();
	await add(3);
	const cursor = (await log.read('o', 0, 1))[0]!.id;
	const end = new AbortController();
	const follow = feed.follow({ orgId: 'o', after: cursor, signal: end.signal });
	const first = await take(follow, 2);
	const pending = take(follow, 4);
	await add(2);
	await add(2);
	const batches = [...first, ...(await pending)];
	const ids = batches.flatMap((b) => b.events.map((e) => e.id));
	expect(ids).toHaveLength(6);
	expect(ids).toEqual([...ids].sort((a, b) => a - b));
	expect(batches[0]!.prevId).toBe(cursor);
	for (let i = 1; i < batches.length; i++) expect(batches[i]!.prevId).toBe(batches[i - 1]!.id);
	end.abort();
	expect((await follow.next()).done).toBe(true);
});

test('many events in a burst come in few frames', async () => {
	const { feed, add } = await open();
	const end = new AbortController();
	const follow = feed.follow({ orgId: 'o', after: 0, signal: end.signal });
	const reading = take(follow, 1000);
	for (let i = 0; i < 100; i++) await add(10);
	const batches = await reading;
	expect(batches.flatMap((b) => b.events)).toHaveLength(1000);
	expect(batches.length).toBeLessThan(100);
	end.abort();
});

test('a follower is told what the table holds, whatever was put in', async () => {
	const { feed, log } = await open();
	const end = new AbortController();
	const follow = feed.follow({ orgId: 'o', after: 0, signal: end.signal });
	const reading = (async () => {
		const batches = await take(follow, 251);
		return batches.flatMap((batch) => batch.events);
	})();
	const stored = async () =>
		(await log.read('o', 0, 500)).map((e) => ({ ...e, requestId: undefined }));
	const odd = {
		when: new Date(0),
		nothing: undefined,
		nan: NaN,
		text: '„ü“ \u2028',
		list: [undefined]
	};
	await log.transact((_tx, collect) => {
		for (let i = 0; i < 250; i++)
			collect.add('o', {
				stream: i % 2 ? 'org:o' : `session:${i % 6}`,
				type: 'test.happened',
				data: { i, ...odd },
				actor: 'test',
				sessionId: `${i % 6}`
			});
		return Promise.resolve();
	});
	await log.transact((_tx, collect) =>
		Promise.resolve(
			collect.add('o', { stream: 'org:o', type: 'test.happened', data: {}, actor: 'x' })
		)
	);
	const events = await reading;
	expect(events.map((e) => ({ ...e, requestId: undefined }))).toEqual(await stored());
	expect(events[0]!.data.when).toBe('1970-01-01T00:00:00.000Z');
	end.abort();
});

test('a secret in an event is masked in the table and in what followers are told', async () => {
	const { feed, log } = await open();
	const secret = 'a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ';
	const data = { command: `deploy --token=ghp_${secret}`, files: ['a.ts'] };
	const end = new AbortController();
	const reading = take(feed.follow({ orgId: 'o', after: 0, signal: end.signal }), 1);
	await log.transact((_tx, collect) =>
		Promise.resolve(collect.add('o', { stream: 'org:o', type: 'work.command', data, actor: 'x' }))
	);
	const clean = { ...data, command: `deploy --token=ghp_${'*'.repeat(36)}` };
	expect((await reading)[0]!.events[0]!.data).toEqual(clean);
	expect((await log.read('o', 0, 1))[0]!.data).toEqual(clean);
	end.abort();
});

test('a follower of one org sees nothing of another', async () => {
	const { feed, add } = await open();
	const end = new AbortController();
	const follow = feed.follow({ orgId: 'a', after: 0, signal: end.signal });
	await add(5, 'b');
	await add(1, 'a');
	const [batch] = await take(follow, 1);
	expect(batch!.events.map((e) => e.orgId)).toEqual(['a']);
	end.abort();
});

test('a cursor from the future and one that retention has passed are named', async () => {
	const { feed, add, database } = await open();
	await add(5);
	const signal = new AbortController().signal;
	await expect(feed.follow({ orgId: 'o', after: 9999, signal }).next()).rejects.toMatchObject({
		code: 'FUTURE_CURSOR'
	});
	await database.sql`delete from events where id <= 3`;
	await expect(feed.follow({ orgId: 'o', after: 2, signal }).next()).rejects.toMatchObject({
		code: 'CURSOR_EXPIRED',
		details: { firstId: 4 }
	});
});

test('numbers on a stream have no holes, also after a transaction that was rolled back', async () => {
	const { log, add } = await open();
	await add(2);
	await expect(
		log.transact((_tx, collect) => {
			collect.add('o', { stream: 'org:o', type: 'test.lost', data: {}, actor: 'test' });
			return Promise.reject(new Error('no'));
		})
	).rejects.toThrowError('no');
	await add(2);
	const rows = await log.read('o', 0, 100);
	expect(rows.map((e) => e.seq)).toEqual([1, 2, 3, 4]);
	expect(rows.some((e) => e.type === 'test.lost')).toBe(false);
});

test('fifty followers are served from one shared tail', async () => {
	const { feed, add } = await open();
	const end = new AbortController();
	const follows = Array.from({ length: 50 }, () =>
		feed.follow({ orgId: 'o', after: 0, signal: end.signal })
	);
	const reading = Promise.all(follows.map((follow) => take(follow, 20)));
	for (let i = 0; i < 20; i++) await add(1);
	for (const batches of await reading) expect(batches.flatMap((b) => b.events)).toHaveLength(20);
	end.abort();
});

test('where events come faster than they are read, followers get what was read so far', async () => {
	const bus = createMemoryBus(() => {});
	const { log } = await open();
	const [sample] = await (async () => {
		await log.transact((_tx, collect) =>
			Promise.resolve(
				collect.add('o', { stream: 'org:o', type: 'test.happened', data: {}, actor: 'test' })
			)
		);
		return log.read('o', 0, 1);
	})();
	let ended = false;
	const endless = {
		...log,
		head: () => Promise.resolve(1_000_000),
		first: () => Promise.resolve(1),
		async read(_orgId: string, afterId: number, limit: number) {
			await new Promise((resolve) => setImmediate(resolve));
			const count = ended ? 0 : limit;
			return Array.from({ length: count }, (_, i) => ({ ...sample!, id: afterId + 1 + i }));
		}
	};
	const feed = createFeed({ log: endless, bus });
	const end = new AbortController();
	const follow = feed.follow({ orgId: 'o', after: 0, signal: end.signal });
	const batches = await take(follow, 3_000);
	expect(batches[0]!.prevId).toBe(0);
	for (let i = 1; i < batches.length; i++) expect(batches[i]!.prevId).toBe(batches[i - 1]!.id);
	ended = true;
	end.abort();
});

test('followers at the same place are given the same batch', async () => {
	const { feed, add } = await open();
	const end = new AbortController();
	const follows = [0, 1].map(() => feed.follow({ orgId: 'o', after: 0, signal: end.signal }));
	const reading = Promise.all(follows.map((follow) => follow.next()));
	await add(3);
	const [one, other] = await reading;
	expect(one!.value).toBe(other!.value);
	end.abort();
});
