// Follows an org's events from a cursor: backlog first, then live, in order, each once; batches, never one frame per event.
import type { Bus } from '#server/bus/memory.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog, StoredEvent } from './log.ts';

/** A run of events. `prevId` is the cursor before it: ids have holes, so this is how a receiver sees completeness. */
export interface FeedBatch {
	prevId: number;
	id: number;
	events: StoredEvent[];
}

export interface FollowOptions {
	orgId: string;
	/** Last id seen; null starts at the present head. */
	after: number | null;
	signal: AbortSignal;
}

export interface Feed {
	/** Throws `FUTURE_CURSOR` or `CURSOR_EXPIRED` when `after` cannot be continued from; then a new snapshot is needed. */
	follow(options: FollowOptions): AsyncGenerator<FeedBatch, void, void>;
}

const PAGE = 500;
/** Milliseconds between reads once events come fast; the first after silence is read at once. */
const TICK_MS = 16;
/** After a read that the database refused. */
const FAILED_MS = 1_000;
/** Recent events kept per followed org, so that fifty followers do not each ask the database for the same page. */
const TAIL = 2_000;

interface Tail {
	/** Everything after this id, up to the newest, is in `events`. */
	from: number;
	events: StoredEvent[];
	followers: number;
	loading: Promise<void> | null;
	dirty: boolean;
	/** Events came while those before them were read. */
	again: boolean;
	readAt: number;
	timer: NodeJS.Timeout | null;
	/** The last batch, for the others who are at the same place: what is made of it is made once. */
	shared: FeedBatch | null;
	waiting: Set<() => void>;
}

export function createFeed(deps: { log: EventLog; bus: Bus }): Feed & { close(): void } {
	const tails = new Map<string, Tail>();

	const stop = deps.bus.subscribe((wakeUp) => {
		if (wakeUp.kind !== 'events') return;
		const tail = tails.get(wakeUp.orgId);
		if (tail) soon(wakeUp.orgId, tail);
	});

	/** One read per tick for all followers, however many commits there were: they are woken together. */
	function soon(orgId: string, tail: Tail): void {
		if (tail.loading) tail.again = true;
		if (tail.loading || tail.timer) return;
		const wait = tail.readAt + TICK_MS - performance.now();
		if (wait <= 0) return void refresh(orgId, tail);
		tail.timer = setTimeout(() => {
			tail.timer = null;
			void refresh(orgId, tail);
		}, wait);
	}

	function wake(tail: Tail): void {
		const waiting = [...tail.waiting];
		tail.waiting.clear();
		for (const each of waiting) each();
	}

	/** Reads what is new into the shared tail, one reader at a time, and wakes everybody after each page. Never rejects. */
	async function refresh(orgId: string, tail: Tail): Promise<void> {
		tail.dirty = true;
		if (tail.loading) return tail.loading;
		tail.loading = (async () => {
			try {
				while (tail.dirty) {
					tail.dirty = false;
					tail.readAt = performance.now();
					let page: StoredEvent[];
					do {
						page = await deps.log.read(orgId, tail.events.at(-1)?.id ?? tail.from, PAGE);
						tail.events.push(...page);
						const excess = tail.events.length - TAIL;
						if (excess > 0) tail.from = tail.events.splice(0, excess).at(-1)!.id;
						// After each page: where events come faster than they are read, the end is never reached.
						wake(tail);
					} while (page.length === PAGE);
				}
			} catch {
				// Tried again, so that nobody waits for an event that nothing follows.
				tail.again = true;
				tail.readAt = performance.now() + FAILED_MS;
			} finally {
				tail.loading = null;
				wake(tail);
				if (tail.again && tail.followers > 0) {
					tail.again = false;
					soon(orgId, tail);
				}
			}
		})();
		return tail.loading;
	}

	async function* follow(options: FollowOptions): AsyncGenerator<FeedBatch, void, void> {
		const { orgId, signal } = options;
		let tail = tails.get(orgId);
		if (!tail) {
			const head = await deps.log.head(orgId);
			tail = tails.get(orgId);
			if (!tail) {
				tail = {
					from: head,
					events: [],
					followers: 0,
					loading: null,
					dirty: false,
					again: false,
					readAt: -Infinity,
					timer: null,
					shared: null,
					waiting: new Set()
				};
				tails.set(orgId, tail);
			}
		}
		tail.followers++;
		try {
			// Asked for, not waited for: where events come faster than they are read, a read has no end.
			void refresh(orgId, tail);
			const head = await deps.log.head(orgId);
			let cursor = options.after ?? head;
			if (cursor > head)
				throw new AppError('FUTURE_CURSOR', 'The cursor is ahead of the log.', { headId: head });
			const first = cursor > 0 ? await deps.log.first(orgId) : 0;
			if (cursor > 0 && first > cursor + 1 && cursor < tail.from && first > 1) {
				const kept = await deps.log.read(orgId, cursor - 1, 1);
				if (kept[0]?.id !== cursor)
					throw new AppError('CURSOR_EXPIRED', 'Events after this cursor are no longer kept.', {
						firstId: first
					});
			}
			while (!signal.aborted) {
				const page =
					cursor < tail.from
						? await deps.log.read(orgId, cursor, PAGE)
						: after(tail.events, cursor).slice(0, PAGE);
				if (page.length === 0) {
					await woken(tail, signal);
					continue;
				}
				const id = page.at(-1)!.id;
				const same = tail.shared?.prevId === cursor && tail.shared.id === id;
				const batch: FeedBatch =
					same && tail.shared ? tail.shared : { prevId: cursor, id, events: page };
				tail.shared = batch;
				cursor = id;
				yield batch;
			}
		} finally {
			if (--tail.followers === 0) {
				if (tail.timer) clearTimeout(tail.timer);
				tails.delete(orgId);
			}
		}
	}

	return { follow, close: stop };
}

/** The events after a cursor in an ordered list. */
function after(events: StoredEvent[], cursor: number): StoredEvent[] {
	let low = 0;
	let high = events.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (events[middle]!.id <= cursor) low = middle + 1;
		else high = middle;
	}
	return low === 0 ? events : events.slice(low);
}

function woken(tail: Tail, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			tail.waiting.delete(done);
			signal.removeEventListener('abort', done);
			resolve();
		};
		tail.waiting.add(done);
		signal.addEventListener('abort', done, { once: true });
		if (signal.aborted) done();
	});
}
