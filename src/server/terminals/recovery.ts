// What a session's folder and its index say after a crash, brought into agreement. Files win: they hold the bytes.
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { MARK_BYTES } from '#protocol/host/mark.ts';
import { listSegments, type Segment } from './segment-files.ts';
import type { SegmentIndex } from './segment-index.ts';
import { OUTPUT_KINDS, type OutputKind } from './types.ts';

/** Bytes that will never come. Offsets are the session's. */
export interface LostRange {
	kind: OutputKind;
	from: number;
	to: number;
	reason: string;
}

export interface Recovered {
	segments: Map<OutputKind, Segment[]>;
	heads: Map<OutputKind, number>;
	/** Holes nobody had written down. */
	found: LostRange[];
}

/**
 * Reads a session's folder, cuts torn records and overlaps, puts missing index rows back and removes those
 * without a file. Bytes that were acknowledged are in files, so nothing acknowledged is lost or doubled here.
 */
export async function recover(
	folder: string,
	sessionId: string,
	index: SegmentIndex,
	gaps: readonly LostRange[]
): Promise<Recovered> {
	const [files, rows] = await Promise.all([listSegments(folder), index.rows(sessionId)]);
	const segments = new Map<OutputKind, Segment[]>();
	const heads = new Map<OutputKind, number>();
	const found: LostRange[] = [];

	for (const kind of OUTPUT_KINDS) {
		const own = files.filter((segment) => segment.kind === kind);
		for (const [i, segment] of own.entries()) {
			const next = own[i + 1];
			let size = segment.size;
			if (kind === 4) size -= size % MARK_BYTES;
			if (next && segment.start + size > next.start) size = next.start - segment.start;
			if (size !== segment.size) await truncate(join(folder, segment.file), size);
			segment.size = size;
			const end = segment.start + size;
			if (next && end < next.start && !covered(gaps, kind, end, next.start))
				found.push({ kind, from: end, to: next.start, reason: 'missing' });
		}
		const last = own.at(-1);
		const indexed = rows.filter((row) => row.kind === kind);
		// Without any file (a restored backup) the index is all that says how far the session had come.
		let head = last
			? last.start + last.size
			: Math.max(0, ...indexed.map((row) => row.endOffset ?? row.startOffset));
		for (const gap of gaps)
			if (gap.kind === kind && gap.from <= head && gap.to > head) head = gap.to;
		segments.set(kind, own);
		heads.set(kind, head);

		for (const [i, segment] of own.entries()) {
			const endOffset = i < own.length - 1 ? segment.start + segment.size : null;
			const row = indexed.find((one) => one.startOffset === segment.start);
			if (!row || row.endOffset !== endOffset || row.file !== segment.file)
				index.put({ sessionId, kind, startOffset: segment.start, endOffset, file: segment.file });
		}
		if (own.length > 0)
			for (const row of indexed)
				if (!own.some((segment) => segment.start === row.startOffset))
					index.drop(sessionId, kind, row.startOffset);
	}
	return { segments, heads, found };
}

function covered(gaps: readonly LostRange[], kind: OutputKind, from: number, to: number): boolean {
	return gaps.some((gap) => gap.kind === kind && gap.from <= from && gap.to >= to);
}
