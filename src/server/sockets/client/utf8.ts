// Bytes to text as a stream: no character is ever split, and every piece knows which bytes it stands for.

export interface Piece {
	text: string;
	/** Offset of its first byte, and of the byte after its last. */
	offset: number;
	nextOffset: number;
}

export interface Utf8Stream {
	/** Everything before this offset has been given out. */
	readonly emitted: number;
	/** Bytes of a character whose end has not come. */
	readonly waiting: number;
	/** Takes the bytes that follow; null when they only make a part of a character. */
	push(bytes: Uint8Array): Piece | null;
	/** Gives out what waits, as U+FFFD. */
	flush(): Piece | null;
	/** Goes on at another offset; what waits must have been flushed. */
	jump(offset: number): void;
}

/** @param at offset of the first byte to come */
export function createUtf8(at: number): Utf8Stream {
	let emitted = at;
	let tail = Buffer.alloc(0);

	function give(bytes: Buffer): Piece | null {
		if (bytes.length === 0) return null;
		const offset = emitted;
		emitted += bytes.length;
		return { text: bytes.toString('utf8'), offset, nextOffset: emitted };
	}

	return {
		get emitted() {
			return emitted;
		},
		get waiting() {
			return tail.length;
		},
		push(bytes) {
			const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
			const all = tail.length > 0 ? Buffer.concat([tail, given]) : given;
			const cut = all.length - incomplete(all);
			// A copy: what was pushed may be used again by whoever owns it.
			tail = Buffer.from(all.subarray(cut));
			return give(all.subarray(0, cut));
		},
		flush() {
			const rest = tail;
			tail = Buffer.alloc(0);
			return give(rest);
		},
		jump(offset) {
			emitted = offset;
		}
	};
}

/** How many bytes at the end begin a character that is not complete: 0..3. */
export function incomplete(bytes: Uint8Array): number {
	for (let back = 1; back <= 3 && back <= bytes.length; back++) {
		const byte = bytes[bytes.length - back]!;
		if ((byte & 0xc0) === 0x80) continue;
		const needs = byte >= 0xf5 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
		return needs > back ? back : 0;
	}
	return 0;
}
