// The newest events of one org in memory: filled by what commits, repaired from the table, shared by all who follow.
import type { WakeUp } from '#server/bus/memory.ts';
import type { StoredEvent } from './log.ts';

/** A run of events. `prevId` is the cursor before it: ids have holes, so this is how a receiver sees completeness. */
export interface FeedBatch {
	prevId: number;
	id: number;
	events: StoredEvent[];
}

export type Appended = Extract<WakeUp, { kind: 'events' }>;

/** Events of one batch; a page of a read from the table has as many. */
export const PAGE = 500;
/** Events kept at least; at most twice as many. */
const KEPT = 3_000;
/** Batches kept, for followers that are at the same place a moment later. */
const BATCHES = 8;
/** Wake-ups that wait for those before them. */
const HELD = 64;

export interface Tail {
	/** Everything after this id up to `last` is here. */
	readonly from: number;
	readonly last: number;
	/** Takes what was committed. False: something before it is missing, and it waits until that was read. */
	take(appended: Appended): boolean;
	/** Adds a page read from the table after `last`, then what waited for it. */
	add(page: StoredEvent[]): void;
	/** True when more waited than is kept: the table has to be read again. Asking clears it. */
	overflowed(): boolean;
	/**
	 * The batch after a cursor; null at the end, and where the cursor is before `from` and nobody shared one.
	 * Followers at one place get the same object, so that what is made of it is made once.
	 */
	after(cursor: number): FeedBatch | null;
	/** Shares events that were read from the table after a cursor; answers with what another reader shared before. */
	share(cursor: number, events: StoredEvent[]): FeedBatch;
}

export function createTail(head: number): Tail {
	let from = head;
	let last = head;
	let events: StoredEvent[] = [];
	let held: Appended[] = [];
	let overflow = false;
	const batches: FeedBatch[] = [];

	function append(more: readonly StoredEvent[]): void {
		if (more.length === 0) return;
		for (const event of more) events.push(event);
		last = more.at(-1)!.id;
		// Not at each event: the array would be copied for each.
		if (events.length < KEPT * 2) return;
		from = events[events.length - KEPT - 1]!.id;
		events = events.slice(-KEPT);
	}

	/** Whether it fits, or was known before. All events between `prevId` and `lastId` are in it. */
	function fits(appended: Appended): boolean {
		if (appended.prevId > last) return false;
		if (appended.lastId > last) {
			const fresh = appended.events();
			append(fresh[0]!.id > last ? fresh : fresh.filter((event) => event.id > last));
		}
		return true;
	}

	/** Takes what waited and fits by now, the earliest first: each may make room for the next. */
	function settle(): void {
		if (held.length === 0) return;
		held = held.toSorted((a, b) => a.prevId - b.prevId).filter((one) => !fits(one));
	}

	function share(cursor: number, page: StoredEvent[]): FeedBatch {
		const known = batches.find((batch) => batch.prevId === cursor);
		if (known) return known;
		const batch = { prevId: cursor, id: page.at(-1)!.id, events: page };
		if (batches.push(batch) > BATCHES) batches.shift();
		return batch;
	}

	return {
		get from() {
			return from;
		},
		get last() {
			return last;
		},
		take(appended) {
			if (fits(appended)) {
				settle();
				return true;
			}
			if (held.length < HELD) held.push(appended);
			else {
				held = [];
				overflow = true;
			}
			return false;
		},
		add(page) {
			append(page.filter((event) => event.id > last));
			settle();
		},
		overflowed() {
			const was = overflow;
			overflow = false;
			return was;
		},
		after(cursor) {
			const known = batches.find((batch) => batch.prevId === cursor);
			if (known || cursor < from || cursor >= last) return known ?? null;
			const at = indexAfter(events, cursor);
			return share(cursor, events.slice(at, at + PAGE));
		},
		share
	};
}

/** Index of the first event after a cursor in an ordered list. */
function indexAfter(events: StoredEvent[], cursor: number): number {
	let low = 0;
	let high = events.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (events[middle]!.id <= cursor) low = middle + 1;
		else high = middle;
	}
	return low;
}
