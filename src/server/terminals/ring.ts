// The newest bytes of a watched session in memory, addressed by session offset.

export interface Ring {
	/** Oldest offset still held, and one past the newest. */
	readonly start: number;
	readonly end: number;
	/** Appends bytes at `end`; older ones fall out. A jump forward (a gap) empties the ring. */
	push(offset: number, bytes: Uint8Array): void;
	/** A copy of at most `max` bytes from `offset`, or null when they are not (or no longer) here. */
	slice(offset: number, max: number): Buffer | null;
}

/**
 * @param capacity bytes; pages are committed by the system only when they are written
 * @param at session offset of the next byte
 */
export function createRing(capacity: number, at: number): Ring {
	const store = Buffer.allocUnsafeSlow(capacity);
	let start = at;
	let end = at;

	return {
		get start() {
			return start;
		},
		get end() {
			return end;
		},
		push(offset, bytes) {
			if (offset !== end) start = end = offset;
			const rest = bytes.length > capacity ? bytes.subarray(bytes.length - capacity) : bytes;
			end = offset + bytes.length;
			const position = (end - rest.length) % capacity;
			const first = Math.min(rest.length, capacity - position);
			store.set(first === rest.length ? rest : rest.subarray(0, first), position);
			if (first < rest.length) store.set(rest.subarray(first), 0);
			start = Math.max(start, end - capacity);
		},
		slice(offset, max) {
			if (offset < start || offset >= end) return null;
			const length = Math.min(max, end - offset);
			const out = Buffer.allocUnsafe(length);
			const position = offset % capacity;
			const first = Math.min(length, capacity - position);
			store.copy(out, 0, position, position + first);
			if (first < length) store.copy(out, first, 0, length - first);
			return out;
		}
	};
}
