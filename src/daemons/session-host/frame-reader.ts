import { MAX_HOST_FRAME } from '#protocol/host/limits.ts';
import { BINARY_FRAME, JSON_FRAME, WIRE_HEADER, WireError } from './wire.ts';

/** Memory that is read into: some frames of 64 KiB. */
const BLOCK = 512 * 1024;
/** Least room for one read. */
const READ = 64 * 1024;

export interface FrameReader {
	/** Where the next bytes of the socket belong. */
	target(): Buffer;
	/** So many bytes were read there. Throws WireError on an oversize or unknown frame, before its payload is read. */
	filled(length: number): void;
}

/**
 * Splits a byte stream into frames where it was read into, without copies and, as long as frames are done with when they
 * have been handed out, without new memory: buffers that come and go by the megabyte keep the collector busy.
 * @param reading whether memory of earlier frames is still read after `onFrame` has returned
 */
export function createFrameReader(
	onFrame: (type: typeof JSON_FRAME | typeof BINARY_FRAME, payload: Buffer) => void,
	reading: () => boolean = () => false
): FrameReader {
	let block = Buffer.alloc(0);
	/** Bytes `from`..`to` of the block are not handed out yet. */
	let from = 0;
	let to = 0;
	/** Length of the frame that begins at `from`, as far as it is known. */
	let wanted = WIRE_HEADER;

	/** Makes room behind `to`, or begins anew: in place when nobody reads what lies there. */
	function makeRoom(): void {
		const held = to - from;
		const size = Math.max(wanted, held) + READ;
		if (size > block.length || reading()) {
			const next = Buffer.allocUnsafeSlow(Math.max(BLOCK, size));
			block.copy(next, 0, from, to);
			block = next;
		} else if (held > 0) block.copyWithin(0, from, to);
		from = 0;
		to = held;
	}

	return {
		target() {
			if (
				block.length - Math.max(to, from + wanted) < READ ||
				(from === to && to > 0 && !reading())
			)
				makeRoom();
			return block.subarray(to);
		},
		filled(length) {
			to += length;
			while (to - from >= WIRE_HEADER) {
				const size = block.readUInt32BE(from);
				const type = block[from + 4];
				if (size > MAX_HOST_FRAME)
					throw new WireError('FRAME_TOO_BIG', `frame of ${size} bytes; at most ${MAX_HOST_FRAME}`);
				if (type !== JSON_FRAME && type !== BINARY_FRAME)
					throw new WireError('BAD_FRAME', `unknown frame type ${type}`);
				wanted = WIRE_HEADER + size;
				if (to - from < wanted) return;
				const start = from + WIRE_HEADER;
				from += wanted;
				wanted = WIRE_HEADER;
				onFrame(type, block.subarray(start, start + size));
			}
		}
	};
}
