import { closeSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SPOOL_KEEP } from '#protocol/host/limits.ts';

const SEGMENT_BYTES = 1024 * 1024;

interface Segment {
	path: string;
	start: number;
	end: number;
}

/** Bytes of one stream on disk, addressed by their offset. */
export interface Spool {
	/** First byte still kept. */
	readonly start: number;
	/** Next byte to come. */
	readonly end: number;
	/** Everything before it is safe elsewhere. */
	readonly acked: number;
	/** Appends all bytes, or throws and is as before: the caller may try again. */
	append(bytes: Uint8Array): void;
	/** Moves `acked` forward and deletes whole segments nobody needs. */
	ack(offset: number): void;
	/**
	 * Copies up to `max` bytes from `offset` on into `target` at `at` and says how many; 0 at the end, null when
	 * `offset` is no longer kept.
	 */
	read(offset: number, max: number, target: Uint8Array, at: number): number | null;
	close(): void;
}

/**
 * Opens the append-only spool of one stream kind in a folder, with whatever an earlier process left
 * there. Segments of 1 MiB, named by their first offset; the last 4 MiB stay even when acknowledged.
 * The bound on what is not acknowledged is the session's (64 MiB): it stops reading the process.
 */
export function openSpool(options: {
	dir: string;
	kind: number;
	segmentBytes?: number;
	keepBytes?: number;
}): Spool {
	const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
	const keepBytes = options.keepBytes ?? SPOOL_KEEP;
	const segments = findSegments(options.dir, options.kind);
	let acked = segments[0]?.start ?? 0;
	let writing: { fd: number; segment: Segment } | undefined;
	let reading: { fd: number; segment: Segment } | undefined;

	const start = (): number => segments[0]?.start ?? 0;
	const end = (): number => segments.at(-1)?.end ?? 0;

	function segmentToWrite(): { fd: number; segment: Segment } {
		if (writing && writing.segment.end - writing.segment.start < segmentBytes) return writing;
		const first = end();
		const path = join(options.dir, `${options.kind}-${String(first).padStart(16, '0')}.seg`);
		const opened = { fd: openSync(path, 'w', 0o600), segment: { path, start: first, end: first } };
		if (writing) closeSync(writing.fd);
		// A segment left empty by a full disk is opened again under the same name.
		if (segments.at(-1)?.path === path) segments.pop();
		segments.push(opened.segment);
		writing = opened;
		return opened;
	}

	function closeReading(): void {
		if (reading) closeSync(reading.fd);
		reading = undefined;
	}

	return {
		get start() {
			return start();
		},
		get end() {
			return end();
		},
		get acked() {
			return acked;
		},
		append(bytes) {
			const { fd, segment } = segmentToWrite();
			// Positions are explicit, so a write cut short by a full disk is simply written over.
			let done = 0;
			while (done < bytes.length) {
				const at = segment.end - segment.start + done;
				done += writeSync(fd, bytes, done, bytes.length - done, at);
			}
			segment.end += bytes.length;
		},
		ack(offset) {
			acked = Math.max(acked, Math.min(offset, end()));
			const keepFrom = Math.min(acked, end() - keepBytes);
			for (let first = segments[0]; first; first = segments[0]) {
				if (segments.length === 1 || first.end > keepFrom) return;
				if (reading?.segment === first) closeReading();
				rmSync(first.path, { force: true });
				segments.shift();
			}
		},
		read(offset, max, target, at) {
			if (offset < start()) return null;
			const segment = segments.find((candidate) => offset < candidate.end);
			if (!segment) return 0;
			if (reading?.segment !== segment) {
				closeReading();
				reading = { fd: openSync(segment.path, 'r'), segment };
			}
			const length = Math.min(max, segment.end - offset, target.length - at);
			return readSync(reading.fd, target, at, length, offset - segment.start);
		},
		close() {
			closeReading();
			if (writing) closeSync(writing.fd);
			writing = undefined;
		}
	};
}

/** The segments of an earlier process: the last run without a hole. */
function findSegments(dir: string, kind: number): Segment[] {
	const found = readdirSync(dir)
		.filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.seg'))
		.sort()
		.map((name) => {
			const path = join(dir, name);
			const start = Number(name.slice(name.indexOf('-') + 1, -4));
			return { path, start, end: start + statSync(path).size };
		});
	let first = found.length - 1;
	while (first > 0 && found[first - 1]?.end === found[first]?.start) first -= 1;
	return found.slice(Math.max(first, 0));
}
