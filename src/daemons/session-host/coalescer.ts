import { MAX_STREAM_PAYLOAD } from '#protocol/host/limits.ts';

/** At most one frame in this time (performance.md 1: the CPU of 16 ms at the latency of none). */
export const FRAME_MS = 4;
/** After a key every chunk goes out at once for so long … */
const KEY_MS = 50;
/** … unless it is a flood. */
const KEY_BYTES = 4096;
/** When the disk refuses, the same bytes are tried again after this time. */
const RETRY_MS = 1000;

/** What became of a frame: its memory may be written over, somebody still reads it, or it was not taken. */
export type Taken = 'free' | 'kept' | 'refused';

export interface Coalescer {
	/** Takes a copy of the bytes. Holds at most 64 KiB, and while the sink refuses what comes besides. */
	push(bytes: Uint8Array): void;
	/** Sends what is held now; false when the sink did not take it. */
	flush(): boolean;
	/** Somebody typed: what comes now is an echo. */
	key(): void;
	close(): void;
}

/**
 * Turns chunks into frames: the first after silence goes out in the same turn, then at most one
 * every 4 ms or 64 KiB. No timer runs while nothing comes. Chunks are gathered where the frame is sent
 * from, and that memory is used again as soon as the sink is done with it: buffers that come and go by
 * the megabyte keep the collector busy.
 */
export function createCoalescer(options: {
	/** Bytes left free in front of the payload, for headers. */
	room: number;
	/** Takes `room` free bytes and 1..65 536 bytes of payload; `refused`: not now, try again. */
	sink(frame: Buffer): Taken;
	now?: () => number;
}): Coalescer {
	const { room } = options;
	const now = options.now ?? (() => performance.now());
	let memory: Buffer | undefined;
	let held = 0;
	/** What came while the sink refused. Bound: whoever is refused stops the process. */
	const late: Uint8Array[] = [];
	let refused = false;
	/** A frame was sent less than 4 ms ago. */
	let busy = false;
	let frameTimer: NodeJS.Timeout | undefined;
	let retryTimer: NodeJS.Timeout | undefined;
	let keyUntil = -Infinity;

	/** Sends the held bytes as one frame. */
	function send(): boolean {
		const taken = options.sink(memory!.subarray(0, room + held));
		if (taken === 'refused') {
			refused = true;
			clearTimeout(retryTimer);
			retryTimer = setTimeout(flush, RETRY_MS);
			return false;
		}
		if (taken === 'kept') memory = undefined;
		held = 0;
		busy = true;
		if (frameTimer) frameTimer.refresh();
		else frameTimer = setTimeout(onTimer, FRAME_MS);
		return true;
	}

	function onTimer(): void {
		busy = false;
		if (held > 0 && !refused) send();
	}

	/** Copies as much as fits and sends whole frames; what is left is held. */
	function gather(bytes: Uint8Array): boolean {
		for (let at = 0; at < bytes.length;) {
			memory ??= Buffer.allocUnsafeSlow(room + MAX_STREAM_PAYLOAD);
			const size = Math.min(MAX_STREAM_PAYLOAD - held, bytes.length - at);
			memory.set(size === bytes.length ? bytes : bytes.subarray(at, at + size), room + held);
			held += size;
			at += size;
			if (held < MAX_STREAM_PAYLOAD || send()) continue;
			if (at < bytes.length) late.unshift(new Uint8Array(bytes.subarray(at)));
			return false;
		}
		return true;
	}

	function flush(): boolean {
		refused = false;
		if (held > 0 && !send()) return false;
		while (late.length > 0) if (!gather(late.shift()!)) return false;
		return held === 0 || send();
	}

	return {
		push(bytes) {
			if (refused) {
				late.push(new Uint8Array(bytes));
				return;
			}
			if (!gather(bytes) || held === 0) return;
			if (!busy || (held < KEY_BYTES && now() < keyUntil)) send();
		},
		flush,
		key() {
			keyUntil = now() + KEY_MS;
		},
		close() {
			clearTimeout(frameTimer);
			clearTimeout(retryTimer);
		}
	};
}
