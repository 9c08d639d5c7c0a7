// Exactly once, in order, over a connection that may end at any time. Pure: it holds frames, not sockets.

/** What leaves and stays of a sender; frames are numbered from 1, +1 each. */
export interface ReliableSender<M extends object> {
	/** Numbers a message and keeps it until it is acknowledged. Its bound is the caller's: see `size`. */
	push(message: M): void;
	/** The peer has applied everything up to `seq`. A number that was never given out is refused with false. */
	ack(seq: number): boolean;
	/** The peer wants `seq` next. */
	nack(seq: number): boolean;
	/** A new connection whose peer has applied everything up to `received`: the rest is sent again. */
	resume(received: number): boolean;
	/** Frames that may be sent now, in order; each is handed out once per connection. */
	take(window: number): (M & { seq: number })[];
	/** Frames kept. */
	readonly size: number;
	/** Frames that `take` has not handed out on this connection. */
	readonly unsent: number;
}

/** A sender that has sent nothing yet. */
export function createSender<M extends object>(): ReliableSender<M> {
	let acked = 0;
	let sent = 0;
	let kept: (M & { seq: number })[] = [];
	const last = () => acked + kept.length;

	function ack(seq: number): boolean {
		if (seq > last()) return false;
		if (seq > acked) {
			kept = kept.slice(seq - acked);
			acked = seq;
		}
		if (sent < acked) sent = acked;
		return true;
	}

	return {
		push(message) {
			kept.push({ ...message, seq: last() + 1 });
		},
		ack,
		nack(seq) {
			if (!ack(Math.max(acked, seq - 1))) return false;
			sent = acked;
			return true;
		},
		resume(received) {
			if (!ack(received)) return false;
			sent = acked;
			return true;
		},
		take(window) {
			const frames = kept.slice(sent - acked, Math.max(0, window));
			sent += frames.length;
			return frames;
		},
		get size() {
			return kept.length;
		},
		get unsent() {
			return last() - sent;
		}
	};
}

/** What to do with a numbered frame: apply it, acknowledge it again, or ask for the one that is missing. */
export type Verdict = 'apply' | 'duplicate' | 'gap';

/** What a receiver has applied. */
export interface ReliableReceiver {
	/** Judges the next frame; `apply` counts it as applied. */
	receive(seq: number): Verdict;
	/** Last frame applied; 0: none. */
	readonly last: number;
	/** The sender started over below what was received (it was restored from a backup). */
	rewind(seq: number): void;
}

/**
 * @param from last frame applied before, or null when that is not known any more: then the first frame that comes is
 * taken as the next one, because the sender keeps everything that was not acknowledged and sends it in order.
 */
export function createReceiver(from: number | null): ReliableReceiver {
	let last = from;
	return {
		receive(seq) {
			if (last !== null && seq <= last) return 'duplicate';
			if (last !== null && seq > last + 1) return 'gap';
			last = seq;
			return 'apply';
		},
		get last() {
			return last ?? 0;
		},
		rewind(seq) {
			if (last !== null && seq < last) last = seq;
		}
	};
}
