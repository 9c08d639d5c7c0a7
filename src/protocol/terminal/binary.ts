// Binary frames of the terminal door, big endian: `[u8 kind][u32 stream][u64 offset][bytes]`, the header of the runner wire.

export const TERMINAL_KIND = {
	/** Down: terminal bytes; `offset` is the session offset of the first. */
	output: 0x01,
	/** Down: `[u16 cols][u16 rows]` and text that paints the screen as it is at `offset`. Reset the terminal first. */
	snapshot: 0x05,
	/** Up: keystrokes; `offset` counts the bytes this viewer has typed, these included. */
	input: 0x10,
	/** Up, empty: the emulator has parsed everything before `offset`. */
	ack: 0x11,
	/** Down, empty: the process's side has taken everything this viewer typed up to counter `offset`. */
	inputAck: 0x12
} as const;
export type TerminalKind = (typeof TERMINAL_KIND)[keyof typeof TERMINAL_KIND];

/** Bytes before the payload. */
export const TERMINAL_HEADER = 13;

/** Most bytes of one keystroke frame: what one input call may carry (control-plane.md 8.6). */
export const MAX_INPUT_BYTES = 65_536;

export interface TerminalFrame {
	kind: number;
	stream: number;
	offset: number;
	/** A view, not a copy. */
	payload: Uint8Array;
}

/** Writes a header into the first 13 bytes of `target`. */
export function writeTerminalHeader(
	target: Uint8Array,
	kind: TerminalKind,
	stream: number,
	offset: number
): void {
	target[0] = kind;
	target[1] = stream >>> 24;
	target[2] = stream >>> 16;
	target[3] = stream >>> 8;
	target[4] = stream;
	const high = Math.floor(offset / 0x1_0000_0000);
	target[5] = high >>> 24;
	target[6] = high >>> 16;
	target[7] = high >>> 8;
	target[8] = high;
	target[9] = offset >>> 24;
	target[10] = offset >>> 16;
	target[11] = offset >>> 8;
	target[12] = offset;
}

/** Lays out one frame; the payload is copied. */
export function encodeTerminalFrame(
	kind: TerminalKind,
	stream: number,
	offset: number,
	payload?: Uint8Array
): Uint8Array<ArrayBuffer> {
	const bytes = new Uint8Array(TERMINAL_HEADER + (payload?.length ?? 0));
	writeTerminalHeader(bytes, kind, stream, offset);
	if (payload) bytes.set(payload, TERMINAL_HEADER);
	return bytes;
}

/** Reads one frame, or null when it is none; never throws, whatever the bytes are. */
export function decodeTerminalFrame(bytes: Uint8Array): TerminalFrame | null {
	if (bytes.length < TERMINAL_HEADER) return null;
	const view = new DataView(bytes.buffer, bytes.byteOffset, TERMINAL_HEADER);
	const offset = view.getUint32(5) * 0x1_0000_0000 + view.getUint32(9);
	if (!Number.isSafeInteger(offset)) return null;
	return {
		kind: view.getUint8(0),
		stream: view.getUint32(1),
		offset,
		payload: bytes.subarray(TERMINAL_HEADER)
	};
}
