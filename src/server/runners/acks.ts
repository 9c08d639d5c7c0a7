// What a runner is told was committed and written: a little later, so that one frame says it for many.
import type { ServerFrame } from '#protocol/runner/down.ts';
import type { OutputKind } from '#server/terminals/types.ts';

/** Bytes written since the last acknowledgement that make the next one due at once. */
const ACK_BYTES = 262_144;

export interface Acks {
	/** The count of committed frames has grown, or a frame came twice. */
	soon(): void;
	/** Bytes of a stream up to `offset` are written. */
	written(streamId: number, kind: OutputKind, offset: number): void;
	/** What the runner knows already, after hello. */
	known(seq: number): void;
	close(): void;
}

export function createAcks(options: {
	afterMs: number;
	committed(): number;
	send(frame: ServerFrame): void;
}): Acks {
	/** One entry per stream and kind that was written since the last acknowledgement. */
	const offsets = new Map<string, { streamId: number; kind: OutputKind; offset: number }>();
	let timer: NodeJS.Timeout | null = null;
	let bytes = 0;
	let told = 0;

	function tell(): void {
		if (timer) clearTimeout(timer);
		timer = null;
		bytes = 0;
		const streams = [...offsets.values()];
		offsets.clear();
		const seq = options.committed();
		if (streams.length === 0 && told === seq) return;
		told = seq;
		options.send({ t: 'ack', seq, streams });
	}
	const soon = () => {
		timer ??= setTimeout(tell, options.afterMs);
	};

	return {
		soon,
		written(streamId, kind, offset) {
			const key = `${streamId}/${kind}`;
			const before = offsets.get(key)?.offset ?? offset;
			offsets.set(key, { streamId, kind, offset });
			bytes += Math.max(0, offset - before);
			if (bytes >= ACK_BYTES) tell();
			else soon();
		},
		known: (seq) => void (told = seq),
		close() {
			if (timer) clearTimeout(timer);
		}
	};
}
