// What is written to one socket: how much of it waits, and when its reader is too slow to go on with.
import type { WebSocket } from 'ws';

export interface Outbox {
	/** More waits than terminal data may add to. Asking makes `relieved` come once it has gone. */
	readonly full: boolean;
	/** Never blocks and never throws; a socket that is closing takes nothing. Text that many get is given as bytes. */
	send(message: string | Buffer): void;
	/** Resolves when it is not full, or closed. */
	room(): Promise<void>;
	/** Looks whether anything has left the socket lately. */
	check(nowMs: number): void;
	close(): void;
}

export interface OutboxLimits {
	/** Bytes above which terminal data is held back. */
	fullBytes: number;
	/** Bytes above which the reader is given up. */
	mostBytes: number;
	/** Time without progress after which it is given up. */
	stalledMs: number;
}

const TEXT = { binary: false } as const;

export function createOutbox(
	socket: WebSocket,
	limits: OutboxLimits,
	on: { relieved(): void; tooSlow(): void }
): Outbox {
	/** Messages that have not been handed to the network; bounded by `mostBytes`. */
	let outstanding = 0;
	let progressAt = performance.now();
	let asked = false;
	let closed = false;
	let waiting: (() => void)[] = [];

	function left(): void {
		outstanding--;
		progressAt = performance.now();
		if (asked && socket.bufferedAmount <= limits.fullBytes / 2) relieve();
	}

	function relieve(): void {
		asked = false;
		const all = waiting;
		waiting = [];
		for (const resolve of all) resolve();
		if (!closed) on.relieved();
	}

	const outbox: Outbox = {
		get full() {
			const full = socket.bufferedAmount > limits.fullBytes;
			asked ||= full;
			return full;
		},
		send(message) {
			if (closed || socket.readyState !== socket.OPEN) return;
			if (outstanding++ === 0) progressAt = performance.now();
			socket.send(message, TEXT, left);
			if (socket.bufferedAmount > limits.mostBytes) on.tooSlow();
		},
		room: () =>
			closed || !outbox.full ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
		check(nowMs) {
			if (outstanding > 0 && nowMs - progressAt > limits.stalledMs) on.tooSlow();
		},
		close() {
			closed = true;
			relieve();
		}
	};
	return outbox;
}
