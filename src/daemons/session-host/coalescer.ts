import { MAX_STREAM_PAYLOAD } from '#protocol/host/limits.ts';

/** At most one frame in this time (performance.md 1: the CPU of 16 ms at the latency of none). */
export const FRAME_MS = 4;
/** After a key every chunk goes out at once for so long … */
const KEY_MS = 50;
/** … unless it is a flood. */
const KEY_BYTES = 4096;
/** When the disk refuses, the same bytes are tried again after this time. */
const RETRY_MS = 1000;

export interface Coalescer {
	/** Takes a copy of the bytes. Holds less than 64 KiB plus one chunk. */
	push(bytes: Uint8Array): void;
	/** Sends what is held now; false when the sink did not take it. */
	flush(): boolean;
	/** Somebody typed: what comes now is an echo. */
	key(): void;
	close(): void;
}

/**
 * Turns chunks into frames: the first after silence goes out in the same turn, then at most one
 * every 4 ms or 64 KiB. No timer runs while nothing comes.
 */
export function createCoalescer(options: {
	/** Takes 1..65 536 bytes made of these parts, valid during the call; false: not now, try again. */
	sink(parts: Uint8Array[], length: number): boolean;
	/** Silence has begun: nothing is held. */
	onQuiet?(): void;
	now?: () => number;
}): Coalescer {
	const now = options.now ?? (() => performance.now());
	let parts: Uint8Array[] = [];
	let held = 0;
	let timer: NodeJS.Timeout | undefined;
	let keyUntil = -Infinity;

	function send(payload: Uint8Array[], length: number): boolean {
		for (let at = 0; at < length; at += MAX_STREAM_PAYLOAD) {
			const size = Math.min(MAX_STREAM_PAYLOAD, length - at);
			const slice = at === 0 && size === length ? payload : cut(payload, at, size);
			if (options.sink(slice, size)) continue;
			parts = [Buffer.concat(cut(payload, at, length - at))];
			held = length - at;
			arm(RETRY_MS);
			return false;
		}
		parts = [];
		held = 0;
		arm(FRAME_MS);
		return true;
	}

	function arm(ms: number): void {
		clearTimeout(timer);
		timer = setTimeout(onTimer, ms);
	}

	function onTimer(): void {
		timer = undefined;
		if (held > 0) send(parts, held);
		else options.onQuiet?.();
	}

	return {
		push(bytes) {
			const length = held + bytes.length;
			const interactive = length < KEY_BYTES && now() < keyUntil;
			if (!timer || interactive || length >= MAX_STREAM_PAYLOAD) {
				// Without a copy: most chunks after silence are a whole frame.
				if (!send([...parts, bytes], length)) return;
			} else {
				parts.push(new Uint8Array(bytes));
				held = length;
			}
		},
		flush: () => held === 0 || send(parts, held),
		key() {
			keyUntil = now() + KEY_MS;
		},
		close() {
			clearTimeout(timer);
			timer = undefined;
		}
	};
}

/** The parts of `length` bytes from position `from` on, without copying. */
function cut(parts: Uint8Array[], from: number, length: number): Uint8Array[] {
	const slices: Uint8Array[] = [];
	let at = 0;
	for (const part of parts) {
		const start = Math.max(0, from - at);
		const end = Math.min(part.length, from + length - at);
		if (end > start) slices.push(part.subarray(start, end));
		at += part.length;
	}
	return slices;
}
