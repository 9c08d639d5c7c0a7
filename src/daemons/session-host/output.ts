import { MAX_STREAM_PAYLOAD, type OutputKind } from '#protocol/host/limits.ts';
import { STREAM_HEADER, writeStreamHeader } from '#protocol/host/stream-frame.ts';
import { createCoalescer, type Taken } from './coalescer.ts';
import type { Spool } from './spool.ts';
import { WIRE_HEADER, writeBinaryHeader } from './wire.ts';

/** Headers in front of a payload: of the socket's frame and of the stream. */
const ROOM = WIRE_HEADER + STREAM_HEADER;

export interface Output {
	readonly kind: OutputKind;
	readonly spool: Spool;
	/** Takes bytes from the process; they become frames at their time. */
	push(bytes: Uint8Array): void;
	/** Makes a frame of these bytes now, around the coalescer; false when the disk refuses. */
	append(bytes: Uint8Array): boolean;
	/** Makes a frame of what is held; false when the disk refuses. */
	flush(): boolean;
	/** Somebody typed: the next bytes are an echo. */
	key(): void;
	close(): void;
}

/** One stream of a session: coalesced, written to the spool first, then offered to the runner. */
export function createOutput(options: {
	streamId: number;
	kind: OutputKind;
	spool: Spool;
	/**
	 * A frame was written to the spool. `frame` has the wire header and goes out as it is; true when its memory is
	 * still read after the call.
	 */
	onFrame(kind: OutputKind, offset: number, frame: Buffer): boolean;
	/** The disk refuses (true) or takes again (false). */
	onTrouble(trouble: boolean): void;
}): Output {
	const { streamId, kind, spool } = options;
	let trouble = false;

	/** @param frame the payload behind room for both headers */
	function sink(frame: Buffer): Taken {
		const offset = spool.end;
		writeBinaryHeader(frame, frame.length - WIRE_HEADER);
		writeStreamHeader(frame, kind, streamId, offset, WIRE_HEADER);
		try {
			spool.append(frame.subarray(ROOM));
		} catch {
			if (!trouble) options.onTrouble((trouble = true));
			return 'refused';
		}
		if (trouble) options.onTrouble((trouble = false));
		return options.onFrame(kind, offset, frame) ? 'kept' : 'free';
	}

	const coalescer = createCoalescer({ room: ROOM, sink });
	return {
		kind,
		spool,
		push: (bytes) => coalescer.push(bytes),
		append(bytes) {
			for (let at = 0; at < bytes.length; at += MAX_STREAM_PAYLOAD) {
				const part = bytes.subarray(at, at + MAX_STREAM_PAYLOAD);
				const frame = Buffer.allocUnsafe(ROOM + part.length);
				frame.set(part, ROOM);
				if (sink(frame) === 'refused') return false;
			}
			return true;
		},
		flush: () => coalescer.flush(),
		key: () => coalescer.key(),
		close() {
			coalescer.close();
			spool.close();
		}
	};
}
