// One kind of a session's bytes on disk: append-only segment files, written in batches, read by offset.
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#server/log.ts';
import type { Patch, Redactor } from './redactor.ts';
import { segmentName, type Segment } from './segment-files.ts';
import type { OutputKind } from './types.ts';

export interface StreamLog {
	readonly kind: OutputKind;
	/** Oldest offset kept. */
	readonly first: number;
	/** Next offset wanted, bytes that wait to be written included. */
	readonly head: number;
	/** Everything before this is in a file. */
	readonly written: number;
	/** Bytes that wait to be written. */
	readonly queued: number;
	/** What may be acknowledged: like `written`, and behind declared losses when nothing waits in front of them. */
	readonly stored: number;
	/** Attempt whose bytes are taken now (0: none yet) and where they begin. */
	readonly attempt: number;
	readonly base: number;
	/** Makes an attempt the current one; false when a newer one already is. `hint` is the least offset it may begin at. */
	begin(attempt: number, hint: number): boolean;
	/** Appends at `head`, secrets masked. The bytes must not change afterwards. */
	append(bytes: Buffer): void;
	/** The bytes between `head` and `to` will never come. */
	skip(to: number): void;
	/** At most `max` written bytes from `from` or, when those are gone, from the next ones; null at the end. */
	read(from: number, max: number): Promise<{ offset: number; data: Buffer } | null>;
	/** Resolves when what is queued now is written. Rejects never; a full disk is tried again. */
	flush(): Promise<void>;
	/** Asks the disk to keep what was written. */
	sync(): Promise<void>;
	readonly unsynced: boolean;
	/** Tries again after a failed write. */
	retry(): void;
	/** Closes the file until the next append. */
	rest(): Promise<void>;
}

export interface StreamLogDeps {
	folder: string;
	kind: OutputKind;
	/** What is on disk already, in order. */
	segments: Segment[];
	/** The head when it lies behind the last segment's end (a gap at the end, or an index without files). */
	head: number;
	segmentBytes: number;
	keepBytes: number;
	writeMs: number;
	/** Null for what is no text. */
	redactor: Redactor | null;
	log: Logger;
	opened(segment: Segment): void;
	sealed(segment: Segment): void;
	dropped(segment: Segment): void;
	/** Called when bytes were queued (positive) or written (negative). */
	queuedBy(bytes: number): void;
	written(log: StreamLog): void;
}

interface Queued {
	offset: number;
	attempt: number;
	base: number;
	bytes: Buffer;
}

/** Bytes per write call; so many are written at once, fewer after a moment in which more may come. */
const WRITE_BATCH = 262_144;

export function createStreamLog(deps: StreamLogDeps): StreamLog {
	const { kind, segments } = deps;
	const last = segments.at(-1);
	let attempt = last?.attempt ?? 0;
	let base = last?.base ?? deps.head;
	let head = deps.head;
	let written = last ? last.start + last.size : deps.head;
	// Bound: the whole server takes at most `persistQueueBytes` before callers are told to wait.
	const queue: Queued[] = [];
	let queued = 0;
	/** What is to be overwritten as soon as it is in a file. Bound: a secret at a time, as each is applied after its batch. */
	const patches: Patch[] = [];
	let file: FileHandle | null = null;
	let soon: NodeJS.Timeout | null = null;
	let scheduled = false;
	let draining: Promise<void> | null = null;
	let failed = false;
	let unsynced = false;
	let kept = segments.reduce((sum, segment) => sum + segment.size, 0);
	const retiring = new Set<Promise<void>>();

	const end = (segment: Segment) => segment.start + segment.size;
	const fits = (segment: Segment | undefined, item: Queued): segment is Segment =>
		segment !== undefined &&
		segment.attempt === item.attempt &&
		segment.base === item.base &&
		end(segment) === item.offset &&
		segment.size < deps.segmentBytes;

	/** Puts the file of the next queued bytes in place. */
	async function prepare(item: Queued): Promise<Segment> {
		const current = segments.at(-1);
		if (fits(current, item)) {
			file ??= await open(join(deps.folder, current.file), 'a', 0o600);
			return current;
		}
		if (file) retire(file);
		file = null;
		const segment: Segment = {
			kind,
			attempt: item.attempt,
			base: item.base,
			start: item.offset,
			size: 0,
			file: segmentName(kind, item.attempt, item.base, item.offset)
		};
		file = await open(join(deps.folder, segment.file), 'a', 0o600);
		if (current) deps.sealed(current);
		segments.push(segment);
		deps.opened(segment);
		await trim();
		return segment;
	}

	function retire(old: FileHandle): void {
		const done = old
			.datasync()
			.catch((error: unknown) => deps.log.error({ err: error }, 'terminal segment not synced'))
			.then(() => old.close())
			.catch(() => {})
			.finally(() => retiring.delete(done));
		retiring.add(done);
	}

	async function trim(): Promise<void> {
		while (kept > deps.keepBytes && segments.length > 1) {
			const oldest = segments.shift()!;
			kept -= oldest.size;
			deps.dropped(oldest);
			await rm(join(deps.folder, oldest.file), { force: true });
		}
	}

	async function drain(): Promise<void> {
		while (queue.length > 0) {
			const segment = await prepare(queue[0]!);
			const batch: Buffer[] = [];
			let bytes = 0;
			for (const item of queue) {
				if (item.attempt !== segment.attempt || item.base !== segment.base) break;
				if (item.offset !== end(segment) + bytes || bytes >= WRITE_BATCH) break;
				batch.push(item.bytes);
				bytes += item.bytes.length;
			}
			const { bytesWritten } = await file!.writev(batch);
			advance(segment, bytesWritten);
		}
		while (patches.length > 0 && patches[0]!.offset + patches[0]!.bytes.length <= written) {
			await overwrite(patches[0]!);
			patches.shift();
		}
	}

	/** Files are opened for appending, which can change nothing that is there: a patch has a handle of its own. */
	async function overwrite(patch: Patch): Promise<void> {
		const to = patch.offset + patch.bytes.length;
		for (const segment of segments) {
			const from = Math.max(patch.offset, segment.start);
			const length = Math.min(to, end(segment)) - from;
			if (length <= 0) continue;
			const handle = await open(join(deps.folder, segment.file), 'r+');
			try {
				await handle.write(patch.bytes, from - patch.offset, length, from - segment.start);
			} finally {
				await handle.close();
			}
		}
	}

	function advance(segment: Segment, bytes: number): void {
		if (bytes === 0) return;
		let rest = bytes;
		let count = 0;
		for (const item of queue) {
			if (item.bytes.length > rest) break;
			rest -= item.bytes.length;
			count++;
		}
		queue.splice(0, count);
		const cut = queue[0];
		if (rest > 0 && cut) {
			cut.offset += rest;
			cut.bytes = cut.bytes.subarray(rest);
		}
		segment.size += bytes;
		kept += bytes;
		written = end(segment);
		queued -= bytes;
		unsynced = true;
		deps.queuedBy(-bytes);
		deps.written(log);
	}

	/** After an error nobody knows how much of the batch is in the file: the file itself tells. */
	async function afterFailure(error: unknown): Promise<void> {
		if (!failed) deps.log.error({ err: error }, 'terminal bytes not written; trying again');
		failed = true;
		const segment = segments.at(-1);
		if (!segment) return;
		const size = await stat(join(deps.folder, segment.file)).then(
			(facts) => facts.size,
			() => segment.size
		);
		advance(segment, Math.min(Math.max(0, size - segment.size), queued));
	}

	function start(): void {
		if (soon) clearTimeout(soon);
		soon = null;
		if (draining || (queue.length === 0 && patches.length === 0)) return;
		draining = drain()
			.then(() => void (failed = false), afterFailure)
			.finally(() => {
				draining = null;
				if (queue.length > 0 && !failed) soon ??= setTimeout(start, deps.writeMs);
			});
	}

	const log: StreamLog = {
		kind,
		get first() {
			return segments[0]?.start ?? queue[0]?.offset ?? head;
		},
		get head() {
			return head;
		},
		get written() {
			return written;
		},
		get queued() {
			return queued;
		},
		get stored() {
			return queued === 0 ? head : Math.max(written, base);
		},
		get attempt() {
			return attempt;
		},
		get base() {
			return base;
		},
		get unsynced() {
			return unsynced;
		},
		begin(next, hint) {
			if (next < attempt) return false;
			if (next > attempt) {
				attempt = next;
				base = Math.max(head, hint);
				head = base;
			}
			return true;
		},
		append(bytes) {
			const clean = deps.redactor?.push(head, bytes);
			if (clean) patches.push(...clean.patches);
			queue.push({ offset: head, attempt, base, bytes: clean?.bytes ?? bytes });
			head += bytes.length;
			queued += bytes.length;
			deps.queuedBy(bytes.length);
			if (draining || failed) return;
			if (queued < WRITE_BATCH && deps.writeMs > 0) {
				soon ??= setTimeout(start, deps.writeMs);
			} else if (!scheduled) {
				scheduled = true;
				// One write per turn of the loop, however many frames came in it.
				setImmediate(() => {
					scheduled = false;
					start();
				});
			}
		},
		skip(to) {
			head = Math.max(head, to);
		},
		async read(from, max) {
			for (;;) {
				const segment = segments.find((one) => one.size > 0 && end(one) > from);
				if (!segment) return null;
				const offset = Math.max(from, segment.start);
				const data = Buffer.allocUnsafe(Math.min(max, end(segment) - offset));
				let reader: FileHandle;
				try {
					reader = await open(join(deps.folder, segment.file), 'r');
				} catch (error) {
					// Trimmed between the look and the open: go on with what is left.
					if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !segments.includes(segment))
						continue;
					throw error;
				}
				try {
					const { bytesRead } = await reader.read(data, 0, data.length, offset - segment.start);
					if (bytesRead === 0) return null;
					return { offset, data: data.subarray(0, bytesRead) };
				} finally {
					await reader.close();
				}
			}
		},
		async flush() {
			while ((queue.length > 0 || patches.length > 0) && !failed) {
				start();
				await draining;
			}
		},
		async sync() {
			unsynced = false;
			try {
				await Promise.all([file?.datasync(), ...retiring]);
			} catch (error) {
				unsynced = true;
				deps.log.error({ err: error }, 'terminal bytes not synced');
			}
		},
		retry() {
			if (!failed) return;
			failed = false;
			start();
		},
		async rest() {
			if (draining || queue.length > 0 || !file) return;
			const old = file;
			file = null;
			retire(old);
			await Promise.all(retiring);
		}
	};
	return log;
}
