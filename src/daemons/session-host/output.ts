import type { OutputKind } from '#protocol/host/limits.ts';
import { STREAM_HEADER, writeStreamHeader } from '#protocol/host/stream-frame.ts';
import { createCoalescer } from './coalescer.ts';
import type { Spool } from './spool.ts';
import { binaryHeader } from './wire.ts';

const WIRE_HEADER = 5;

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
	/** A frame was written to the spool. `frame` has the wire header and goes out as it is. */
	onFrame(kind: OutputKind, offset: number, frame: Buffer): void;
	onQuiet?(): void;
	/** The disk refuses (true) or takes again (false). */
	onTrouble(trouble: boolean): void;
}): Output {
	const { streamId, kind, spool } = options;
	let trouble = false;

	function sink(parts: Uint8Array[], length: number): boolean {
		const offset = spool.end;
		const frame = Buffer.allocUnsafe(WIRE_HEADER + STREAM_HEADER + length);
		binaryHeader(STREAM_HEADER + length).copy(frame);
		writeStreamHeader(frame.subarray(WIRE_HEADER), kind, streamId, offset);
		let at = WIRE_HEADER + STREAM_HEADER;
		for (const part of parts) {
			frame.set(part, at);
			at += part.length;
		}
		try {
			spool.append(frame.subarray(WIRE_HEADER + STREAM_HEADER));
		} catch {
			if (!trouble) options.onTrouble((trouble = true));
			return false;
		}
		if (trouble) options.onTrouble((trouble = false));
		options.onFrame(kind, offset, frame);
		return true;
	}

	const coalescer = createCoalescer({
		sink,
		...(options.onQuiet ? { onQuiet: options.onQuiet } : {})
	});
	return {
		kind,
		spool,
		push: (bytes) => coalescer.push(bytes),
		append: (bytes) => sink([bytes], bytes.length),
		flush: () => coalescer.flush(),
		key: () => coalescer.key(),
		close() {
			coalescer.close();
			spool.close();
		}
	};
}
