import { MAX_STREAM_PAYLOAD } from './limits.ts';

// One binary frame of a byte stream, big endian, exactly as on /ws/runner (control-plane.md 8.3):
// [u8 kind][u32 stream id][u64 byte offset][payload 1..65 536 bytes].

/** Bytes before the payload. */
export const STREAM_HEADER = 13;

export interface StreamFrame {
	kind: number;
	streamId: number;
	/** Position of the first payload byte in its stream. */
	offset: number;
	payload: Uint8Array;
	/** The whole frame, header included: what is forwarded without encoding it again. */
	frame: Uint8Array;
}

/** Writes a header into 13 bytes of `target`, the first ones unless `at` says otherwise. */
export function writeStreamHeader(
	target: Uint8Array,
	kind: number,
	streamId: number,
	offset: number,
	at = 0
): void {
	const high = Math.floor(offset / 0x1_0000_0000);
	target[at] = kind;
	target[at + 1] = streamId >>> 24;
	target[at + 2] = streamId >>> 16;
	target[at + 3] = streamId >>> 8;
	target[at + 4] = streamId;
	target[at + 5] = high >>> 24;
	target[at + 6] = high >>> 16;
	target[at + 7] = high >>> 8;
	target[at + 8] = high;
	target[at + 9] = offset >>> 24;
	target[at + 10] = offset >>> 16;
	target[at + 11] = offset >>> 8;
	target[at + 12] = offset;
}

/** Reads a frame without copying; null when it is not one (short, empty, too long, offset over 2^53). */
export function readStreamFrame(frame: Uint8Array): StreamFrame | null {
	if (frame.length <= STREAM_HEADER || frame.length > STREAM_HEADER + MAX_STREAM_PAYLOAD) {
		return null;
	}
	const view = new DataView(frame.buffer, frame.byteOffset, STREAM_HEADER);
	const offset = view.getUint32(5) * 0x1_0000_0000 + view.getUint32(9);
	const payload = frame.subarray(STREAM_HEADER);
	if (offset + payload.length > Number.MAX_SAFE_INTEGER) return null;
	return { kind: view.getUint8(0), streamId: view.getUint32(1), offset, payload, frame };
}
