// Binary frames: 13-byte header, big endian, `[u8 kind][u32 stream][u64 offset][payload 1..65536]` (control-plane.md 8.3).
import { MAX_PAYLOAD_BYTES } from '../envelope.ts';

/** What the bytes are. */
export const KIND = {
	/** Runner → server: what the terminal printed. */
	terminal: 0x01,
	/** Runner → server: stderr of a structured provider. */
	stderr: 0x02,
	/** Runner → server: raw lines of a provider, kept for diagnosis. */
	raw: 0x03,
	/** Runner → server: time and size marks of the terminal bytes (host/mark.ts). */
	marks: 0x04,
	/** Server → runner: what was typed. */
	input: 0x10,
	/** Runner → server: bytes of an artifact. */
	artifact: 0x20
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** Length of the header in bytes. */
export const HEADER_BYTES = 13;

const KINDS: ReadonlySet<number> = new Set(Object.values(KIND));

/** Whether a number is a kind we know. */
export function isKind(value: number): value is Kind {
	return KINDS.has(value);
}

/** One binary frame. `payload` is a view of the bytes given to `decodeBinary`, not a copy. */
export interface BinaryFrame {
	kind: Kind;
	streamId: number;
	/** Position of the first payload byte in its stream. */
	offset: number;
	payload: Uint8Array;
}

export type BinaryResult = { ok: true; frame: BinaryFrame } | { ok: false; message: string };

/**
 * Lays out one frame.
 * @param payload 1..65536 bytes; copied once into the frame
 * @throws RangeError when a number does not fit its field
 */
export function encodeBinary(
	kind: Kind,
	streamId: number,
	offset: number,
	payload: Uint8Array
): Uint8Array {
	if (payload.length < 1 || payload.length > MAX_PAYLOAD_BYTES)
		throw new RangeError(`a payload of ${payload.length} bytes does not fit a frame`);
	if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(offset + payload.length))
		throw new RangeError(`offset ${offset} is out of range`);
	if (!Number.isInteger(streamId) || streamId < 0 || streamId > 0xffff_ffff)
		throw new RangeError(`stream ${streamId} is out of range`);
	const bytes = new Uint8Array(HEADER_BYTES + payload.length);
	const view = new DataView(bytes.buffer);
	view.setUint8(0, kind);
	view.setUint32(1, streamId);
	view.setUint32(5, Math.floor(offset / 0x1_0000_0000));
	view.setUint32(9, offset % 0x1_0000_0000);
	bytes.set(payload, HEADER_BYTES);
	return bytes;
}

/** Reads one frame; never throws, whatever the bytes are. */
export function decodeBinary(bytes: Uint8Array): BinaryResult {
	if (bytes.length < HEADER_BYTES) return { ok: false, message: 'header too short' };
	const length = bytes.length - HEADER_BYTES;
	if (length === 0) return { ok: false, message: 'empty payload' };
	if (length > MAX_PAYLOAD_BYTES) return { ok: false, message: 'payload too big' };
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const kind = view.getUint8(0);
	if (!isKind(kind)) return { ok: false, message: `unknown kind ${kind}` };
	const offset = view.getUint32(5) * 0x1_0000_0000 + view.getUint32(9);
	if (!Number.isSafeInteger(offset + length)) return { ok: false, message: 'offset out of range' };
	const payload = bytes.subarray(HEADER_BYTES);
	return { ok: true, frame: { kind, streamId: view.getUint32(1), offset, payload } };
}

/**
 * What a receiver that wants byte `expected` does with a frame: take (part of) it, ignore bytes it has, or ask again.
 * `skip` is the number of leading payload bytes it already has.
 */
export function placeBytes(
	expected: number,
	offset: number,
	length: number
): { take: 'all' | 'rest'; skip: number } | { take: 'none' } | { take: 'nack' } {
	if (offset > expected) return { take: 'nack' };
	if (offset + length <= expected) return { take: 'none' };
	return offset === expected ? { take: 'all', skip: 0 } : { take: 'rest', skip: expected - offset };
}
