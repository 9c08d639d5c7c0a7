// Follows an org's events from a cursor: backlog first, then live, in order, each once; batches, never one frame per event.
import type { Bus } from '#server/bus/memory.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog } from './log.ts';
import { createTail, PAGE, type FeedBatch, type Tail } from './tail.ts';

export type { FeedBatch } from './tail.ts';

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

/** Milliseconds between batches once events come fast; the first after silence is told at once. */
const TICK_MS = 16;
/** After a read that the database refused. */
const FAILED_MS = 1_000;

interface Followed {
	tail: Tail;
	/** A follower that has seen everything, by what wakes it. */
	waiting: Set<() => void>;
	followers: number;
	/** Reads the table to its end; null when nobody does. */
	loading: Promise<void> | null;
	/** Somebody asked for a read while one was under way. */
	again: boolean;
	toldAt: number;
	tick: NodeJS.Timeout | null;
	retry: NodeJS.Timeout | null;
}

export function createFeed(deps: { log: EventLog; bus: Bus }): Feed & { close(): void } {
	const all = new Map<string, Followed>();

	const stop = deps.bus.subscribe((wakeUp) => {
		if (wakeUp.kind !== 'events') return;
		const followed = all.get(wakeUp.orgId);
		if (!followed) return;
		if (followed.tail.take(wakeUp)) tell(followed);
		else read(wakeUp.orgId, followed);
	});

	/** Wakes all followers together, at most once per tick. */
	function tell(followed: Followed): void {
		if (followed.tick) return;
		const wait = followed.toldAt + TICK_MS - performance.now();
		if (wait <= 0) return wake(followed);
		followed.tick = setTimeout(() => {
			followed.tick = null;
			wake(followed);
		}, wait);
	}

	function wake(followed: Followed): void {
		followed.toldAt = performance.now();
		const waiting = [...followed.waiting];
		followed.waiting.clear();
		for (const each of waiting) each();
	}

	/** Reads what is missing, one reader at a time, and tells after each page: under load the end may be far. Never throws. */
	function read(orgId: string, followed: Followed): void {
		if (followed.retry) return;
		if (followed.loading) {
			followed.again = true;
			return;
		}
		const { tail } = followed;
		followed.loading = (async () => {
			try {
				do {
					followed.again = false;
					for (;;) {
						const page = await deps.log.read(orgId, tail.last, PAGE);
						const before = tail.last;
						tail.add(page);
						if (tail.last > before) wake(followed);
						if (page.length < PAGE || followed.followers === 0) break;
					}
				} while ((tail.overflowed() || followed.again) && followed.followers > 0);
			} catch {
				// Tried again, so that nobody waits for an event that nothing follows.
				if (followed.followers === 0) return;
				followed.retry = setTimeout(() => {
					followed.retry = null;
					read(orgId, followed);
				}, FAILED_MS);
			} finally {
				followed.loading = null;
			}
		})();
	}

	/** Counts one more follower; to be followed by `leave`. */
	async function enter(orgId: string): Promise<Followed> {
		const head = all.has(orgId) ? 0 : await deps.log.head(orgId);
		const known = all.get(orgId);
		if (known) {
			known.followers++;
			return known;
		}
		const followed: Followed = {
			tail: createTail(head),
			waiting: new Set(),
			followers: 1,
			loading: null,
			again: false,
			toldAt: -Infinity,
			tick: null,
			retry: null
		};
		all.set(orgId, followed);
		// What was committed since the head was asked for, and was told to nobody.
		read(orgId, followed);
		return followed;
	}

	function leave(orgId: string, followed: Followed): void {
		if (--followed.followers > 0) return;
		if (followed.tick) clearTimeout(followed.tick);
		if (followed.retry) clearTimeout(followed.retry);
		if (all.get(orgId) === followed) all.delete(orgId);
	}

	async function* follow(options: FollowOptions): AsyncGenerator<FeedBatch, void, void> {
		const { orgId, signal } = options;
		const followed = await enter(orgId);
		const { tail, waiting } = followed;
		let wakeMe: (() => void) | null = null;
		const onAbort = () => wakeMe?.();
		signal.addEventListener('abort', onAbort);
		try {
			let cursor = await begin(options, tail);
			while (!signal.aborted) {
				let batch = tail.after(cursor);
				if (!batch && cursor < tail.from) {
					const events = await deps.log.read(orgId, cursor, PAGE);
					if (events.length > 0) batch = tail.share(cursor, events);
				}
				if (batch) {
					cursor = batch.id;
					yield batch;
					continue;
				}
				await new Promise<void>((resolve) => waiting.add((wakeMe = resolve)));
				waiting.delete(wakeMe!);
			}
		} finally {
			signal.removeEventListener('abort', onAbort);
			leave(orgId, followed);
		}
	}

	/** The cursor to go on from. */
	async function begin({ orgId, after }: FollowOptions, tail: Tail): Promise<number> {
		if (after !== null && after >= tail.from && after <= tail.last) return after;
		const head = await deps.log.head(orgId);
		const cursor = after ?? head;
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
		return cursor;
	}

	return { follow, close: stop };
}
