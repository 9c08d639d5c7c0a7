// All stored bytes of one session: its four logs, its declared losses and the sizes its terminal had.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { decodeMarks, encodeMark, MARK_BYTES } from '#protocol/host/mark.ts';
import { placeBytes } from '#protocol/runner/binary.ts';
import { terminalGaps } from '#server/db/schema/sessions.ts';
import type { Clock } from '#server/clock.ts';
import type { Database } from '#server/db/open.ts';
import type { Logger } from '#server/log.ts';
import { FRAME_ROOM, withRoom } from './live-frame.ts';
import { recover, type LostRange } from './recovery.ts';
import { createRedactor, REMEMBER } from './redactor.ts';
import { lastBytes } from './segment-files.ts';
import type { SegmentIndex } from './segment-index.ts';
import { createSizes, type SizeAt, type Sizes } from './sizes.ts';
import { createStreamLog, type StreamLog } from './stream-log.ts';
import { OUTPUT_KINDS, type AttemptRef, type OutputKind, type TerminalTimings } from './types.ts';

export interface SessionStore {
	readonly sessionId: string;
	readonly folder: string;
	readonly sizes: Sizes;
	/** Terminal bytes. */
	readonly terminal: StreamLog;
	log(kind: OutputKind): StreamLog;
	readonly logs: readonly StreamLog[];
	/** Declared losses of terminal bytes, in order. */
	readonly gaps: readonly LostRange[];
	/** The loss that covers a terminal byte. */
	gapAt(offset: number): LostRange | undefined;
	/**
	 * Takes bytes of an attempt. `taken` holds what was new, with its session offset (for marks: as stored).
	 */
	take(ref: AttemptRef, kind: OutputKind, offset: number, data: Uint8Array): Taken;
	/** Records a loss; durable when it resolves. Returns null when there was nothing to lose (a repeated declaration). */
	lose(
		ref: AttemptRef,
		kind: OutputKind,
		from: number,
		to: number,
		reason: string
	): Promise<LostRange | null>;
	flush(): Promise<void>;
	sync(): Promise<void>;
	close(): Promise<void>;
}

export type Taken =
	/** `frame` is `bytes` with room for headers in front (`frameOf`), null for marks. */
	| { result: 'new'; offset: number; bytes: Buffer; frame: Buffer | null; sizes: SizeAt[] }
	| { result: 'known' | 'stale' }
	/** `expected` counts within the attempt. */
	| { result: 'hole'; expected: number };

export interface StoreDeps {
	database: Database;
	index: SegmentIndex;
	clock: Clock;
	log: Logger;
	/** Folder of all sessions' bytes. */
	root: string;
	timings: TerminalTimings;
	queuedBy(bytes: number): void;
	written(store: SessionStore, log: StreamLog): void;
}

const NO_SIZES: SizeAt[] = [];

export async function openSessionStore(
	deps: StoreDeps,
	sessionId: string,
	initial: { cols: number; rows: number }
): Promise<SessionStore> {
	const { db } = deps.database;
	const folder = join(deps.root, sessionId);
	const rows = await db
		.select()
		.from(terminalGaps)
		.where(eq(terminalGaps.sessionId, sessionId))
		.orderBy(terminalGaps.fromOffset);
	const known: LostRange[] = rows.map((row) => ({
		kind: row.kind as OutputKind,
		from: row.fromOffset,
		to: row.toOffset,
		reason: row.reason
	}));
	const recovered = await recover(folder, sessionId, deps.index, known);
	for (const gap of recovered.found) await record(gap);
	const gaps = [...known, ...recovered.found]
		.filter((gap) => gap.kind === 1 && gap.from <= recovered.heads.get(1)!)
		.sort((a, b) => a.from - b.from);
	await mkdir(folder, { recursive: true, mode: 0o700 });

	const indexed = (segment: { kind: OutputKind; start: number; file: string }) => ({
		sessionId,
		kind: segment.kind,
		startOffset: segment.start,
		file: segment.file
	});
	const logs = new Map<OutputKind, StreamLog>();
	for (const kind of OUTPUT_KINDS) {
		const segments = recovered.segments.get(kind)!;
		logs.set(
			kind,
			createStreamLog({
				folder,
				kind,
				segments,
				head: recovered.heads.get(kind)!,
				segmentBytes: deps.timings.segmentBytes,
				writeMs: deps.timings.writeMs,
				// Marks are records, not text.
				redactor: kind === 4 ? null : createRedactor(await lastBytes(folder, segments, REMEMBER)),
				keepBytes: kind === 1 ? deps.timings.keepTerminalBytes : deps.timings.keepOtherBytes,
				log: deps.log.child({ sessionId }),
				opened: (segment) => deps.index.put({ ...indexed(segment), endOffset: null }),
				sealed: (segment) =>
					deps.index.put({ ...indexed(segment), endOffset: segment.start + segment.size }),
				dropped: (segment) => deps.index.drop(sessionId, kind, segment.start),
				queuedBy: deps.queuedBy,
				written: (log) => deps.written(store, log)
			})
		);
	}
	const terminal = logs.get(1)!;
	const marks = logs.get(4)!;
	const sizes = createSizes(initial.cols, initial.rows);
	for (let at = marks.first; at < marks.head;) {
		const piece = await marks.read(at, MARK_BYTES * 4_096);
		if (!piece) break;
		addSizes(piece.data);
		at = piece.offset + piece.data.length;
	}
	/** The first bytes of a mark whose rest has not come. Bound: 19 bytes. */
	let torn: Uint8Array = new Uint8Array(0);

	/** Losses declared before the bytes in front of them came. */
	const future = known.filter((gap) => gap.from > recovered.heads.get(gap.kind)!);

	/** Steps over a loss that begins at the head. */
	function pass(log: StreamLog): void {
		const i = future.findIndex((gap) => gap.kind === log.kind && gap.from <= log.head);
		if (i < 0) return;
		const [gap] = future.splice(i, 1);
		if (gap!.to <= log.head) return;
		if (log.kind === 4) torn = new Uint8Array(0);
		log.skip(gap!.to);
		if (log.kind === 1) gaps.push(gap!);
	}

	function addSizes(records: Uint8Array): SizeAt[] {
		const added: SizeAt[] = [];
		for (const mark of decodeMarks(records)) {
			if (mark.type !== 'resize' || mark.cols === 0 || mark.rows === 0) continue;
			const size = sizes.add(mark.offset, mark.cols, mark.rows);
			if (size) added.push(size);
		}
		return added;
	}

	async function record(gap: LostRange): Promise<void> {
		await db
			.insert(terminalGaps)
			.values({
				sessionId,
				kind: gap.kind,
				fromOffset: gap.from,
				toOffset: gap.to,
				reason: gap.reason.slice(0, 64),
				at: deps.clock.now()
			})
			.onConflictDoNothing();
	}

	function begin(ref: AttemptRef, log: StreamLog): boolean {
		if (ref.attempt > log.attempt && log.kind === 4) torn = new Uint8Array(0);
		const before = log.head;
		if (!log.begin(ref.attempt, log.kind === 1 ? ref.termBase : 0)) return false;
		if (log.head > before) {
			const gap = { kind: log.kind, from: before, to: log.head, reason: 'attempt_lost' };
			if (log.kind === 1) gaps.push(gap);
			record(gap).catch((error: unknown) =>
				deps.log.error({ err: error, sessionId }, 'terminal gap not recorded')
			);
		}
		return true;
	}

	const store: SessionStore = {
		sessionId,
		folder,
		sizes,
		terminal,
		gaps,
		log: (kind) => logs.get(kind)!,
		logs: [...logs.values()],
		gapAt: (offset) => gaps.find((gap) => gap.from <= offset && offset < gap.to),
		take(ref, kind, offset, data) {
			const log = logs.get(kind)!;
			if (!begin(ref, log)) return { result: 'stale' };
			const held = kind === 4 ? torn.length : 0;
			const expected = log.head - log.base + held;
			const placed = placeBytes(expected, offset, data.length);
			if (placed.take === 'nack') return { result: 'hole', expected };
			if (placed.take === 'none') return { result: 'known' };
			const fresh = data.subarray(placed.skip);
			if (kind !== 4) {
				// Room for headers in front: viewers are sent this memory, and files are written from it.
				const frame = withRoom(fresh);
				const bytes = frame.subarray(FRAME_ROOM);
				const at = log.head;
				log.append(bytes);
				if (future.length > 0) pass(log);
				return { result: 'new', offset: at, bytes, frame, sizes: NO_SIZES };
			}
			begin(ref, terminal);
			const all = Buffer.concat([torn, fresh]);
			const whole = all.length - (all.length % MARK_BYTES);
			torn = all.subarray(whole);
			const bytes = translate(all.subarray(0, whole), terminal.base);
			const at = log.head;
			if (whole > 0) log.append(bytes);
			if (future.length > 0) pass(log);
			return { result: 'new', offset: at, bytes, frame: null, sizes: addSizes(bytes) };
		},
		async lose(ref, kind, from, to, reason) {
			const log = logs.get(kind)!;
			if (!begin(ref, log)) return null;
			const start = Math.max(log.head, log.base + from);
			// Marks go on at a whole record.
			const end = log.base + (kind === 4 ? Math.ceil(to / MARK_BYTES) * MARK_BYTES : to);
			if (end <= start || future.some((one) => one.kind === kind && one.from === start))
				return null;
			const gap: LostRange = { kind, from: start, to: end, reason };
			future.push(gap);
			pass(log);
			await record(gap);
			return gap;
		},
		async flush() {
			await Promise.all([...logs.values()].map((log) => log.flush()));
		},
		async sync() {
			await Promise.all([...logs.values()].filter((log) => log.unsynced).map((log) => log.sync()));
		},
		async close() {
			await store.flush();
			await Promise.all([...logs.values()].map((log) => log.rest()));
		}
	};
	return store;
}

/** Marks as a runner sent them, with offsets of the session instead of the attempt. */
function translate(records: Buffer, base: number): Buffer {
	if (base === 0) return Buffer.from(records);
	const out = Buffer.from(records);
	for (const [i, mark] of [...eachMark(records)].entries())
		if (mark) out.set(encodeMark({ ...mark, offset: mark.offset + base }), i * MARK_BYTES);
	return out;
}

/** One entry per record; null for a type this version does not know, which is kept as it is. */
function* eachMark(records: Buffer) {
	for (let at = 0; at < records.length; at += MARK_BYTES)
		yield decodeMarks(records.subarray(at, at + MARK_BYTES))[0] ?? null;
}
