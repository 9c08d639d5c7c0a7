import { MAX_HOST_FRAME } from '#protocol/host/limits.ts';

// The frames on the Unix socket between runner and host, big endian:
// [u32 payload length][u8 type: 0 JSON | 1 binary][payload].

/** Bytes in front of a payload. */
export const WIRE_HEADER = 5;
const HEADER = WIRE_HEADER;
export const JSON_FRAME = 0;
export const BINARY_FRAME = 1;

/** The peer broke the framing: the connection cannot be trusted any more. */
export class WireError extends Error {
	override name = 'WireError';
	readonly code: 'BAD_FRAME' | 'FRAME_TOO_BIG';
	constructor(code: 'BAD_FRAME' | 'FRAME_TOO_BIG', message: string) {
		super(message);
		this.code = code;
	}
}

/** One JSON frame. Throws WireError when the text is over 1 MiB. */
export function jsonFrame(message: unknown): Buffer {
	const text = Buffer.from(JSON.stringify(message));
	if (text.length > MAX_HOST_FRAME) throw new WireError('FRAME_TOO_BIG', 'message over 1 MiB');
	const frame = Buffer.allocUnsafe(HEADER + text.length);
	frame.writeUInt32BE(text.length, 0);
	frame[4] = JSON_FRAME;
	text.copy(frame, HEADER);
	return frame;
}

/** The header of a binary frame whose payload is written after it. */
export function binaryHeader(length: number): Buffer {
	const header = Buffer.allocUnsafe(HEADER);
	writeBinaryHeader(header, length);
	return header;
}

/** Writes the header of a binary frame into the first 5 bytes of `target`. */
export function writeBinaryHeader(target: Buffer, length: number): void {
	target.writeUInt32BE(length, 0);
	target[4] = BINARY_FRAME;
}

/**
 * Splits a byte stream into frames. Holds at most one frame (1 MiB + header); a frame inside one
 * chunk is handed out without a copy. Throws WireError on an oversize or unknown frame, before
 * its payload is read.
 */
export function createSplitter(
	onFrame: (type: typeof JSON_FRAME | typeof BINARY_FRAME, payload: Buffer) => void
): (chunk: Buffer) => void {
	let parts: Buffer[] = [];
	let held = 0;
	let wanted = HEADER;

	function read(buffer: Buffer): Buffer {
		let at = 0;
		while (buffer.length - at >= HEADER) {
			const length = buffer.readUInt32BE(at);
			const type = buffer[at + 4];
			if (length > MAX_HOST_FRAME) {
				throw new WireError('FRAME_TOO_BIG', `frame of ${length} bytes; at most ${MAX_HOST_FRAME}`);
			}
			if (type !== JSON_FRAME && type !== BINARY_FRAME) {
				throw new WireError('BAD_FRAME', `unknown frame type ${type}`);
			}
			const end = at + HEADER + length;
			if (buffer.length < end) {
				wanted = HEADER + length;
				return buffer.subarray(at);
			}
			onFrame(type, buffer.subarray(at + HEADER, end));
			at = end;
		}
		wanted = HEADER;
		return buffer.subarray(at);
	}

	return (chunk) => {
		parts.push(chunk);
		held += chunk.length;
		// Joining only when the frame is whole keeps a 1 MiB frame in 1 KiB pieces linear.
		if (held < wanted) return;
		const rest = read(parts.length === 1 ? chunk : Buffer.concat(parts, held));
		parts = rest.length > 0 ? [rest] : [];
		held = rest.length;
	};
}
