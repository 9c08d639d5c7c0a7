import { expect, test } from 'vitest';
import type { StoredEvent } from './log.ts';
import { createTail, type Appended } from './tail.ts';

const event = (id: number): StoredEvent => ({
	id,
	orgId: 'o',
	villageId: null,
	houseId: null,
	agentId: null,
	sessionId: null,
	stream: 'org:o',
	seq: id,
	type: 'test.happened',
	data: {},
	actor: 'test',
	at: new Date(0)
});

/** What the log tells of a commit: the org's newest event before it, and its events. */
function committed(prevId: number, ...ids: number[]): Appended {
	return { kind: 'events', orgId: 'o', prevId, lastId: ids.at(-1)!, events: () => ids.map(event) };
}
const ids = (tail: ReturnType<typeof createTail>, cursor: number) =>
	tail.after(cursor)?.events.map((one) => one.id) ?? null;

test('what is committed one after the other is there without a look into the table', () => {
	const tail = createTail(4);
	expect(tail.take(committed(4, 5, 7))).toBe(true);
	expect(tail.take(committed(7, 9))).toBe(true);
	expect(ids(tail, 4)).toEqual([5, 7, 9]);
	expect(ids(tail, 7)).toEqual([9]);
	expect(ids(tail, 9)).toBeNull();
});

test('what was committed later waits for what was told later', () => {
	const tail = createTail(4);
	expect(tail.take(committed(6, 8))).toBe(false);
	expect(tail.take(committed(5, 6))).toBe(false);
	expect(ids(tail, 4)).toBeNull();
	expect(tail.take(committed(4, 5))).toBe(true);
	expect(ids(tail, 4)).toEqual([5, 6, 8]);
});

test('a gap is filled from the table, and nothing is there twice', () => {
	const tail = createTail(4);
	expect(tail.take(committed(6, 8))).toBe(false);
	tail.add([event(5), event(6)]);
	expect(ids(tail, 4)).toEqual([5, 6, 8]);
	expect(tail.take(committed(6, 8))).toBe(true);
	expect(tail.take(committed(6, 8, 9))).toBe(true);
	expect(ids(tail, 8)).toEqual([9]);
	expect(tail.last).toBe(9);
});

test('when too much waits for a gap the table is asked again', () => {
	const tail = createTail(0);
	for (let id = 2; id < 200; id++) expect(tail.take(committed(id - 1, id))).toBe(false);
	expect(tail.overflowed()).toBe(true);
	expect(tail.overflowed()).toBe(false);
	tail.add(Array.from({ length: 199 }, (_, n) => event(n + 1)));
	expect(tail.last).toBe(199);
});

test('old events leave, and a cursor before them is answered with nothing', () => {
	const tail = createTail(0);
	for (let id = 1; id <= 20_000; id++) tail.take(committed(id - 1, id));
	expect(tail.from).toBeGreaterThan(10_000);
	expect(ids(tail, 1)).toBeNull();
	const batch = tail.after(tail.from)!;
	expect(batch.events[0]!.id).toBe(tail.from + 1);
	expect(tail.last).toBe(20_000);
});

test('followers at one place get one object, also where it was read from the table', () => {
	const tail = createTail(10);
	const read = tail.share(3, [event(4), event(5)]);
	expect(tail.after(3)).toBe(read);
	expect(tail.share(3, [event(4)])).toBe(read);
	tail.take(committed(10, 11));
	const first = tail.after(10);
	tail.take(committed(11, 12));
	expect(tail.after(10)).toBe(first);
	expect(ids(tail, 11)).toEqual([12]);
});
