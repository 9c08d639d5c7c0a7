import { setTimeout as sleep } from 'node:timers/promises';
import { SPOOL_LIMIT, STREAM_KIND } from '#protocol/host/limits.ts';
import type { OutputKind } from '#protocol/host/limits.ts';
import { encodeMark } from '#protocol/host/mark.ts';
import { createOutput } from './output.ts';
import type { Output } from './output.ts';
import { openSpool } from './spool.ts';
import type { Spool } from './spool.ts';

/**
 * Marks held before they are written; a flood makes one every 4 ms, a key one. Those of a quiet session are written
 * at the next tick: a mark for each key would send two frames through everything for one byte.
 */
const MARKS_HELD = 32;
const DISK_RETRY_MS = 1000;

export interface OutputEvents {
	/** A frame is in its spool; true when its memory is still read after the call. */
	onFrame(kind: OutputKind, offset: number, frame: Buffer): boolean;
	/** Whether the process may go on writing: false when the spool is full or the disk refuses. */
	onRoom(room: boolean): void;
}

export interface Outputs {
	readonly spools: ReadonlyMap<OutputKind, Spool>;
	push(kind: OutputKind, bytes: Uint8Array): void;
	/** Appends a line a driver told; false when there is no room for it. */
	tell(line: string): boolean;
	/** Appends rendered transcript at its offset; else the offset wanted, and why it was not taken. */
	transcript(offset: number, bytes: Uint8Array): { offset: number; reason: 'gap' | 'full' } | null;
	key(): void;
	/** Notes a new size at this point of the terminal stream. */
	resized(cols: number, rows: number): void;
	/** Writes the marks that wait; called a few times a second. */
	tick(): void;
	/** Acknowledged bytes make room. */
	ack(kind: OutputKind, offset: number): void;
	/** From now on the bound does not hold: what is still in the kernel is little, and must not be lost. */
	lastBytes(): void;
	/** Resolves when everything is in the spools. */
	finish(): Promise<void>;
	close(): void;
}

/** Kinds a session has. In a terminal the raw stream holds what the agent's driver tells (told.ts). */
export function kindsOf(mode: 'pty' | 'pipes'): readonly OutputKind[] {
	return mode === 'pty' ? [1, 3, 4] : [1, 2, 3, 4];
}

/** All streams of one session. Bound: 64 MiB not acknowledged; then the process waits. */
export function createOutputs(
	options: {
		folder: string;
		streamId: number;
		mode: 'pty' | 'pipes';
		cols: number;
		rows: number;
		limit?: number;
		segmentBytes?: number;
		keepBytes?: number;
	} & OutputEvents
): Outputs {
	const limit = options.limit ?? SPOOL_LIMIT;
	const all = new Map<OutputKind, Output>();
	let size = { cols: options.cols, rows: options.rows };
	let held: Uint8Array[] = [];
	let troubles = 0;
	let last = false;

	for (const kind of kindsOf(options.mode)) {
		all.set(
			kind,
			createOutput({
				streamId: options.streamId,
				kind,
				spool: openSpool({ dir: options.folder, kind, ...sizes(options) }),
				onFrame(of, offset, frame) {
					const kept = options.onFrame(of, offset, frame);
					if (of === STREAM_KIND.terminal) mark('time', offset);
					checkRoom();
					return kept;
				},
				onTrouble(trouble) {
					troubles += trouble ? 1 : -1;
					checkRoom();
				}
			})
		);
	}
	const terminal = all.get(STREAM_KIND.terminal) as Output;
	const marks = all.get(STREAM_KIND.marks) as Output;

	const outputs = [...all.values()];

	function checkRoom(): void {
		let unacked = 0;
		for (const { spool } of outputs) unacked += spool.end - spool.acked;
		options.onRoom(troubles === 0 && (last || unacked < limit));
	}

	function mark(type: 'time' | 'resize', offset: number): void {
		held.push(encodeMark({ type, at: Date.now(), offset, ...size }));
		if (held.length >= MARKS_HELD) writeMarks();
	}

	function writeMarks(): boolean {
		if (held.length === 0) return true;
		const records = Buffer.concat(held);
		held = [];
		if (marks.append(records)) return true;
		held = [records];
		return false;
	}

	mark('resize', 0);
	writeMarks();
	return {
		spools: new Map([...all].map(([kind, output]) => [kind, output.spool])),
		push: (kind, bytes) => all.get(kind)?.push(bytes),
		tell(line) {
			const raw = all.get(STREAM_KIND.raw) as Output;
			const bytes = Buffer.from(`${line}\n`);
			return raw.spool.end - raw.spool.acked + bytes.length <= limit && raw.append(bytes);
		},
		transcript(offset, bytes) {
			const end = terminal.spool.end;
			if (offset > end) return { offset: end, reason: 'gap' };
			const fresh = bytes.subarray(end - offset);
			if (fresh.length === 0) return null;
			const full = end - terminal.spool.acked + fresh.length > limit;
			if (full || !terminal.append(fresh)) return { offset: end, reason: 'full' };
			writeMarks();
			return null;
		},
		key: () => terminal.key(),
		resized(cols, rows) {
			terminal.flush();
			size = { cols, rows };
			mark('resize', terminal.spool.end);
			writeMarks();
		},
		tick: () => void writeMarks(),
		ack(kind, offset) {
			all.get(kind)?.spool.ack(offset);
			checkRoom();
		},
		lastBytes() {
			last = true;
			checkRoom();
		},
		async finish() {
			for (const output of all.values()) while (!output.flush()) await sleep(DISK_RETRY_MS);
			while (!writeMarks()) await sleep(DISK_RETRY_MS);
		},
		close() {
			for (const output of all.values()) output.close();
		}
	};
}

function sizes(options: { segmentBytes?: number; keepBytes?: number }): {
	segmentBytes?: number;
	keepBytes?: number;
} {
	return {
		...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
		...(options.keepBytes === undefined ? {} : { keepBytes: options.keepBytes })
	};
}
