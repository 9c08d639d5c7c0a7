// A frame of live output as every viewer gets it, with the websocket header in front: made once, handed to any number of
// sockets as it is. Writing that header for each viewer costs as much as the write itself when frames are small.
import {
	TERMINAL_HEADER,
	TERMINAL_KIND,
	writeTerminalHeader,
	type TerminalKind
} from '#protocol/terminal/binary.ts';

/** Longest header of a websocket message that is not masked. */
const MESSAGE_HEADER = 10;
/** Bytes left free in front of a payload. */
export const FRAME_ROOM = MESSAGE_HEADER + TERMINAL_HEADER;

export interface LiveFrame {
	/** Payload bytes. */
	readonly length: number;
	/** Terminal frame: header and payload. */
	readonly bytes: Buffer;
	/** The same as a whole websocket message. */
	readonly message: Buffer;
}

/** A copy of the payload behind free room for `frameOf`. */
export function withRoom(payload: Uint8Array): Buffer {
	const memory = Buffer.allocUnsafe(FRAME_ROOM + payload.length);
	memory.set(payload, FRAME_ROOM);
	return memory;
}

/** Writes both headers into the room of `memory`. */
export function frameOf(
	memory: Buffer,
	stream: number,
	offset: number,
	kind: TerminalKind = TERMINAL_KIND.output
): LiveFrame {
	const bytes = memory.subarray(MESSAGE_HEADER);
	writeTerminalHeader(bytes, kind, stream, offset);
	return {
		length: memory.length - FRAME_ROOM,
		bytes,
		message: memory.subarray(writeMessageHeader(memory, bytes.length))
	};
}

/** Header of a final binary message of `length` bytes, ending at `MESSAGE_HEADER`; returns where it begins (RFC 6455 5.2). */
function writeMessageHeader(memory: Buffer, length: number): number {
	const size = length < 126 ? 2 : length < 65_536 ? 4 : 10;
	const at = MESSAGE_HEADER - size;
	memory[at] = 0x82;
	if (size === 2) memory[at + 1] = length;
	else if (size === 4) {
		memory[at + 1] = 126;
		memory.writeUInt16BE(length, at + 2);
	} else {
		memory[at + 1] = 127;
		memory.writeUInt32BE(0, at + 2);
		memory.writeUInt32BE(length, at + 6);
	}
	return at;
}
