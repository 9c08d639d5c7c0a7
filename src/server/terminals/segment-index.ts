// The rows that tell which segment files exist. Written in batches behind the bytes: file names hold the same facts,
// so a row that a crash took is put back when the session is opened.
import { and, eq, or, sql } from 'drizzle-orm';
import type { Clock } from '#server/clock.ts';
import { terminalSegments } from '#server/db/schema/sessions.ts';
import type { Database } from '#server/db/open.ts';
import type { Logger } from '#server/log.ts';
import type { OutputKind } from './types.ts';

export interface SegmentRow {
	sessionId: string;
	kind: OutputKind;
	startOffset: number;
	/** null while it is written. */
	endOffset: number | null;
	file: string;
	openedAt: Date;
	sealedAt: Date | null;
}

export interface SegmentIndex {
	put(row: Omit<SegmentRow, 'openedAt' | 'sealedAt'>): void;
	drop(sessionId: string, kind: OutputKind, startOffset: number): void;
	/** Forgets what waits for a session that is being deleted. */
	forget(sessionId: string): void;
	rows(sessionId: string): Promise<SegmentRow[]>;
	/** Resolves when everything put so far is in the database, or has been tried once. */
	flush(): Promise<void>;
	close(): Promise<void>;
}

/** Rows per statement (the embedded database is held for about a millisecond). */
const BATCH = 100;
const FLUSH_MS = 20;
const RETRY_MS = 1_000;

export function createSegmentIndex(deps: {
	database: Database;
	clock: Clock;
	log: Logger;
}): SegmentIndex {
	const { db } = deps.database;
	// Bound: one entry per segment file that was opened, sealed or dropped since the last flush.
	const pending = new Map<string, SegmentRow | { drop: [string, OutputKind, number] }>();
	let timer: NodeJS.Timeout | null = null;
	let running: Promise<void> | null = null;
	let closed = false;

	const key = (sessionId: string, kind: number, start: number) => `${kind}:${start}:${sessionId}`;

	function arm(ms: number): void {
		if (timer || closed || pending.size === 0) return;
		timer = setTimeout(() => {
			timer = null;
			void flush();
		}, ms);
		timer.unref();
	}

	async function write(entries: [string, SegmentRow | { drop: [string, OutputKind, number] }][]) {
		const puts = entries.flatMap(([, entry]) => ('drop' in entry ? [] : [entry]));
		const drops = entries.flatMap(([, entry]) => ('drop' in entry ? [entry.drop] : []));
		if (puts.length > 0)
			await db
				.insert(terminalSegments)
				.values(puts)
				.onConflictDoUpdate({
					target: [terminalSegments.sessionId, terminalSegments.kind, terminalSegments.startOffset],
					set: {
						endOffset: sql`excluded.end_offset`,
						sealedAt: sql`excluded.sealed_at`,
						file: sql`excluded.file`
					}
				});
		if (drops.length > 0)
			await db
				.delete(terminalSegments)
				.where(
					or(
						...drops.map(([sessionId, kind, start]) =>
							and(
								eq(terminalSegments.sessionId, sessionId),
								eq(terminalSegments.kind, kind),
								eq(terminalSegments.startOffset, start)
							)
						)
					)
				);
	}

	/** True when the batch is done with; false when it should be tried again later. */
	async function attempt(batch: [string, SegmentRow | { drop: [string, OutputKind, number] }][]) {
		try {
			await write(batch);
			return true;
		} catch (error) {
			if (batch.length > 1) return false;
			const code = (error as { cause?: { code?: string } }).cause?.code;
			// 23503: the session's row is gone, and with it the reason for an index.
			if (code === '23503') return true;
			deps.log.warn({ err: error }, 'terminal index row not written');
			return false;
		}
	}

	async function run(): Promise<void> {
		let failed = false;
		while (pending.size > 0 && !failed) {
			const batch = [...pending].slice(0, BATCH);
			for (const [id] of batch) pending.delete(id);
			if (await attempt(batch)) continue;
			for (const entry of batch) {
				if (await attempt([entry])) continue;
				failed = true;
				if (!pending.has(entry[0])) pending.set(...entry);
			}
		}
		if (failed) arm(RETRY_MS);
	}

	function flush(): Promise<void> {
		running ??= run().finally(() => (running = null));
		return running;
	}

	return {
		put(row) {
			const now = deps.clock.now();
			const id = key(row.sessionId, row.kind, row.startOffset);
			const before = pending.get(id);
			pending.set(id, {
				...row,
				openedAt: before && !('drop' in before) ? before.openedAt : now,
				sealedAt: row.endOffset === null ? null : now
			});
			arm(FLUSH_MS);
		},
		drop(sessionId, kind, startOffset) {
			pending.set(key(sessionId, kind, startOffset), { drop: [sessionId, kind, startOffset] });
			arm(FLUSH_MS);
		},
		forget(sessionId) {
			for (const [id, entry] of pending) {
				const owner = 'drop' in entry ? entry.drop[0] : entry.sessionId;
				if (owner === sessionId) pending.delete(id);
			}
		},
		async rows(sessionId) {
			const rows = await db
				.select()
				.from(terminalSegments)
				.where(eq(terminalSegments.sessionId, sessionId));
			return rows.map((row) => ({ ...row, kind: row.kind as OutputKind }));
		},
		flush,
		async close() {
			closed = true;
			if (timer) clearTimeout(timer);
			timer = null;
			await running;
			await flush();
		}
	};
}
