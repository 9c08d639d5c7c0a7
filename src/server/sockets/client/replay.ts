// The numbered frames of one session to one connection: what was missed, then what comes, without a hole or a duplicate.
import type { StoredEvent } from '#server/events/log.ts';
import type { LogEvent } from './frames.ts';
import type { Outbox } from './outbox.ts';

/** Events read at a time. */
const PAGE = 200;

export interface Replay {
	/** Number of the last event that was given out. */
	readonly seq: number;
	/** An event that was committed. */
	event(event: StoredEvent): void;
	/** Reads what may have been missed from the table. */
	catchUp(): void;
	stop(): void;
}

export function createReplay(deps: {
	/** Number of the last event the client has. */
	after: number;
	read(afterSeq: number, limit: number): Promise<{ items: LogEvent[]; hasMore: boolean }>;
	outbox: Outbox;
	/** Gives out one event; false when nothing may follow it. */
	give(event: LogEvent): boolean;
	failed(error: unknown): void;
}): Replay {
	let seq = deps.after;
	/** The highest number that was told while the table was read. */
	let newest = seq;
	let live = false;
	let reading = false;
	let stopped = false;

	function give(event: LogEvent): void {
		seq = event.seq;
		if (!deps.give(event)) stopped = true;
	}

	async function read(): Promise<void> {
		while (!stopped) {
			const { items, hasMore } = await deps.read(seq, PAGE);
			for (const event of items) if (!stopped && event.seq > seq) give(event);
			if (stopped) return;
			// What is told is in the table, unless its time there is over: then it is gone for everybody.
			if (items.length === 0 && newest > seq) seq = newest;
			if (!hasMore && newest <= seq) {
				live = true;
				return;
			}
			await deps.outbox.room();
		}
	}

	const replay: Replay = {
		get seq() {
			return seq;
		},
		event(event) {
			if (stopped || event.seq <= seq) return;
			newest = Math.max(newest, event.seq);
			if (live && event.seq === seq + 1) return give(event);
			replay.catchUp();
		},
		catchUp() {
			live = false;
			if (reading || stopped) return;
			reading = true;
			read()
				.catch(deps.failed)
				.finally(() => (reading = false));
		},
		stop() {
			stopped = true;
		}
	};
	return replay;
}
