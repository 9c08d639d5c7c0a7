// Names of segment files, and what a session's folder holds. A name says everything that is needed to rebuild the index.
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputKind } from './types.ts';

/** One file of terminal bytes. Offsets are the session's. */
export interface Segment {
	kind: OutputKind;
	/** Attempt whose bytes it holds; a new attempt begins a new segment. */
	attempt: number;
	/** Where that attempt's bytes of this kind begin. */
	base: number;
	start: number;
	/** Bytes written. */
	size: number;
	file: string;
}

const NAME = /^([1-4])\.(\d{1,7})\.(\d{1,16})\.(\d{1,16})\.seg$/;

export function segmentName(
	kind: OutputKind,
	attempt: number,
	base: number,
	start: number
): string {
	return `${kind}.${attempt}.${base}.${start}.seg`;
}

/** What a file name says; null for files that are not ours. */
export function parseSegmentName(file: string): Omit<Segment, 'size'> | null {
	const match = NAME.exec(file);
	if (!match) return null;
	const [, kind, attempt, base, start] = match.map(Number);
	return {
		kind: kind as OutputKind,
		attempt: attempt!,
		base: base!,
		start: start!,
		file
	};
}

/** The segments in a session's folder by kind and offset; an absent folder has none. */
export async function listSegments(folder: string): Promise<Segment[]> {
	let files: string[];
	try {
		files = await readdir(folder);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
		throw error;
	}
	const segments: Segment[] = [];
	for (const file of files) {
		const parsed = parseSegmentName(file);
		if (!parsed) continue;
		const { size } = await stat(join(folder, file));
		segments.push({ ...parsed, size });
	}
	return segments.sort((a, b) => a.kind - b.kind || a.start - b.start);
}

/** At most `count` bytes from the end of the last run of segments without a hole. */
export async function lastBytes(
	folder: string,
	segments: readonly Segment[],
	count: number
): Promise<Buffer> {
	let bytes: Buffer = Buffer.alloc(0);
	for (let i = segments.length - 1; i >= 0 && bytes.length < count; i--) {
		const { start, size, file } = segments[i]!;
		const next = segments[i + 1];
		if (next && start + size !== next.start) break;
		const piece = Buffer.alloc(Math.min(count - bytes.length, size));
		const handle = await open(join(folder, file), 'r');
		try {
			await handle.read(piece, 0, piece.length, size - piece.length);
		} finally {
			await handle.close();
		}
		bytes = Buffer.concat([piece, bytes]);
	}
	return bytes;
}
