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
	/** Milliseconds between frames once events come fast; the first after silence goes out at once. */
	tickMs?: number;
}

export interface Feed {
	/** Throws `FUTURE_CURSOR` or `CURSOR_EXPIRED` when `after` cannot be continued from; then a new snapshot is needed. */
	follow(options: FollowOptions): AsyncGenerator<FeedBatch, void, void>;
}

const PAGE = 500;
/** Recent events kept per followed org, so that fifty followers do not each ask the database for the same page. */
const TAIL = 2_000;

interface Tail {
	/** Everything after this id, up to the newest, is in `events`. */
	from: number;
	events: StoredEvent[];
	followers: number;
	loading: Promise<void> | null;
	dirty: boolean;
	waiting: Set<() => void>;
}

export function createFeed(deps: { log: EventLog; bus: Bus }): Feed & { close(): void } {
	const tails = new Map<string, Tail>();

	const stop = deps.bus.subscribe((wakeUp) => {
		if (wakeUp.kind !== 'events') return;
		const tail = tails.get(wakeUp.orgId);
		if (tail) void refresh(wakeUp.orgId, tail);
	});

	/** Reads what is new into the shared tail, one reader at a time, then wakes everybody. */
	async function refresh(orgId: string, tail: Tail): Promise<void> {
		tail.dirty = true;
		if (tail.loading) return tail.loading;
		tail.loading = (async () => {
			try {
				while (tail.dirty) {
					tail.dirty = false;
					let page: StoredEvent[];
					do {
						page = await deps.log.read(orgId, tail.events.at(-1)?.id ?? tail.from, PAGE);
						tail.events.push(...page);
					} while (page.length === PAGE);
					const excess = tail.events.length - TAIL;
					if (excess > 0) tail.from = tail.events.splice(0, excess).at(-1)!.id;
				}
			} finally {
				tail.loading = null;
				const waiting = [...tail.waiting];
				tail.waiting.clear();
				for (const wake of waiting) wake();
			}
		})();
		return tail.loading;
	}

	async function* follow(options: FollowOptions): AsyncGenerator<FeedBatch, void, void> {
		const { orgId, signal } = options;
		const tickMs = options.tickMs ?? 16;
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
					waiting: new Set()
				};
				tails.set(orgId, tail);
			}
		}
		tail.followers++;
		try {
			await refresh(orgId, tail);
			const head = tail.events.at(-1)?.id ?? tail.from;
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
			let lastSent = 0;
			while (!signal.aborted) {
				const page =
					cursor < tail.from
						? await deps.log.read(orgId, cursor, PAGE)
						: after(tail.events, cursor).slice(0, PAGE);
				if (page.length === 0) {
					await woken(tail, signal);
					const wait = lastSent + tickMs - performance.now();
					if (wait > 0 && !signal.aborted) await sleep(wait, signal);
					continue;
				}
				const prevId = cursor;
				cursor = page.at(-1)!.id;
				lastSent = performance.now();
				yield { prevId, id: cursor, events: page };
			}
		} finally {
			if (--tail.followers === 0) tails.delete(orgId);
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

function sleep(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			signal.removeEventListener('abort', done);
			resolve();
		};
		const timer = setTimeout(done, ms);
		signal.addEventListener('abort', done, { once: true });
	});
}
