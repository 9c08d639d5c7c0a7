// Screens of sessions as they are at an offset, for people who come late. The emulators live in one worker thread;
// they are fed only when somebody asks, or when bytes they have not seen are about to be dropped.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '#server/log.ts';
import { packageRoot } from '#server/package-root.ts';
import type { SessionStore } from './session-store.ts';
import type { TerminalTimings } from './types.ts';

type Op =
	| {
			op: 'open';
			id: string;
			cols: number;
			rows: number;
			offset: number;
			scrollback: number;
			text: Uint8Array | null;
	  }
	| {
			op: 'feed';
			id: string;
			bytes: Uint8Array;
			sizes: { offset: number; cols: number; rows: number }[];
	  }
	| { op: 'skip'; id: string; offset: number }
	| { op: 'safeStart'; bytes: Uint8Array }
	| { op: 'paint'; id: string; scrollback: number }
	| { op: 'close'; id: string };
/** What the worker is asked; `n` comes back in its answer. */
export type MirrorRequest = Op & { n: number };

interface Answer {
	n: number;
	error?: string;
	at?: number;
	offset?: number;
	cols?: number;
	rows?: number;
	text?: Uint8Array;
}

/** A screen. Painting `text` on a terminal of this size that was just reset shows it as it was at `offset`. */
export interface Screen {
	offset: number;
	cols: number;
	rows: number;
	text: Uint8Array;
}

export interface Mirrors {
	/** The screen at the newest place where the output may be cut. */
	screen(store: SessionStore): Promise<Screen>;
	/** Bytes were written: feeds the mirror when it falls so far behind that bytes could be dropped unseen. */
	wrote(store: SessionStore): void;
	/** Drops a session's mirror; with `keep`, what it shows is put beside the segments. */
	drop(store: SessionStore, keep: boolean): Promise<void>;
	close(): Promise<void>;
}

interface Mirror {
	store: SessionStore;
	fed: number;
	sizeSerial: number;
	/** Work on one mirror is done in order. */
	chain: Promise<unknown>;
	usedAt: number;
	keepingUp: boolean;
}

const PIECE = 262_144;
/** Emulators alive at a time (about 3 MB each); the one unused for longest is put to disk. */
const MOST_MIRRORS = 24;
/** Share of what is kept that may be unseen before a mirror is fed unasked. */
const FEED_SHARE = 0.5;
/** Share beyond which a mirror gives up on old bytes and goes on near the head. */
const GIVE_UP_SHARE = 0.85;
const CHECKPOINT = 'screen';

export function createMirrors(deps: { log: Logger; timings: TerminalTimings }): Mirrors {
	const { timings } = deps;
	let worker: Worker | null = null;
	let counter = 0;
	let closed = false;
	const waiting = new Map<
		number,
		{ resolve: (answer: Answer) => void; reject: (error: Error) => void }
	>();
	const mirrors = new Map<string, Mirror>();

	function start(): Worker {
		const started = new Worker(join(packageRoot(), 'src/server/terminals/mirror-worker.js'));
		started.unref();
		started.on('message', (answer: Answer) => {
			const waiter = waiting.get(answer.n);
			waiting.delete(answer.n);
			if (waiting.size === 0) started.unref();
			if (answer.error) waiter?.reject(new Error(answer.error));
			else waiter?.resolve(answer);
		});
		const gone = (error?: Error) => {
			if (worker !== started) return;
			worker = null;
			mirrors.clear();
			for (const { reject } of waiting.values()) reject(error ?? new Error('screen worker ended'));
			waiting.clear();
			if (error) deps.log.error({ err: error }, 'terminal screen worker failed');
		};
		started.on('error', gone);
		started.on('exit', () => gone());
		return started;
	}

	function ask(request: Op, transfer: ArrayBuffer[] = []): Promise<Answer> {
		if (closed) return Promise.reject(new Error('closed'));
		worker ??= start();
		worker.ref();
		const n = ++counter;
		return new Promise((resolve, reject) => {
			waiting.set(n, { resolve, reject });
			worker!.postMessage({ ...request, n }, transfer);
		});
	}

	function mirrorOf(store: SessionStore): Mirror {
		let mirror = mirrors.get(store.sessionId);
		if (!mirror || mirror.store !== store) {
			mirror = {
				store,
				fed: -1,
				sizeSerial: -1,
				chain: Promise.resolve(),
				usedAt: 0,
				keepingUp: false
			};
			mirrors.set(store.sessionId, mirror);
		}
		mirror.usedAt = ++counter;
		return mirror;
	}

	/** Runs work on one mirror after what is already under way; a failure leaves the mirror to be made anew. */
	function inOrder<T>(mirror: Mirror, work: () => Promise<T>): Promise<T> {
		const run = mirror.chain.then(work);
		mirror.chain = run.catch(() => {
			if (mirrors.get(mirror.store.sessionId) === mirror) mirrors.delete(mirror.store.sessionId);
		});
		return run;
	}

	async function open(mirror: Mirror): Promise<void> {
		if (mirror.fed >= 0) return;
		const { store } = mirror;
		const saved = await readCheckpoint(join(store.folder, CHECKPOINT));
		if (saved && saved.offset <= store.terminal.head) {
			mirror.fed = saved.offset;
			// A size from exactly this byte on may or may not have been painted; applying it twice changes nothing.
			mirror.sizeSerial = saved.offset > 0 ? store.sizes.at(saved.offset - 1).serial : -1;
			const { cols, rows, offset, text } = saved;
			const { scrollback } = timings;
			await ask({ op: 'open', id: store.sessionId, cols, rows, offset, scrollback, text });
			return;
		}
		const at = store.terminal.first;
		const size = store.sizes.at(at);
		mirror.sizeSerial = size.serial;
		await ask({
			op: 'open',
			id: store.sessionId,
			cols: size.cols,
			rows: size.rows,
			offset: at,
			scrollback: timings.scrollback,
			text: null
		});
		mirror.fed = at;
		if (at > 0) await skipTo(mirror, at);
	}

	/** Goes on behind lost bytes, at the first place from which output can be understood. */
	async function skipTo(mirror: Mirror, offset: number): Promise<void> {
		const piece = await mirror.store.terminal.read(offset, 65_536);
		let at = piece?.offset ?? offset;
		if (piece) at += (await ask({ op: 'safeStart', bytes: piece.data })).at ?? 0;
		mirror.fed = at;
		await ask({ op: 'skip', id: mirror.store.sessionId, offset: at });
	}

	async function feed(mirror: Mirror, target: number): Promise<void> {
		const { terminal, sizes } = mirror.store;
		if (target - mirror.fed > timings.keepTerminalBytes * GIVE_UP_SHARE)
			await skipTo(mirror, target - timings.snapshotBehind);
		while (mirror.fed < target) {
			const piece = await terminal.read(mirror.fed, Math.min(PIECE, target - mirror.fed));
			if (!piece) return;
			if (piece.offset > mirror.fed) {
				await skipTo(mirror, piece.offset);
				continue;
			}
			const end = mirror.fed + piece.data.length;
			const due = sizes.after(mirror.sizeSerial, end);
			mirror.sizeSerial = due.at(-1)?.serial ?? mirror.sizeSerial;
			const bytes = new Uint8Array(piece.data);
			mirror.fed = end;
			await ask(
				{
					op: 'feed',
					id: mirror.store.sessionId,
					bytes,
					sizes: due.map(({ offset, cols, rows }) => ({ offset, cols, rows }))
				},
				[bytes.buffer]
			);
		}
		// A resize after which nothing was printed yet.
		const due = sizes.after(mirror.sizeSerial, mirror.fed);
		if (due.length === 0) return;
		mirror.sizeSerial = due.at(-1)!.serial;
		await ask({
			op: 'feed',
			id: mirror.store.sessionId,
			bytes: new Uint8Array(0),
			sizes: due.map(({ offset, cols, rows }) => ({ offset, cols, rows }))
		});
	}

	async function paint(mirror: Mirror): Promise<Screen> {
		const { sessionId } = mirror.store;
		const answer = await ask({ op: 'paint', id: sessionId, scrollback: timings.scrollback });
		const { offset, cols, rows, text } = answer as Required<Answer>;
		return { offset, cols, rows, text };
	}

	async function makeRoom(): Promise<void> {
		if (mirrors.size <= MOST_MIRRORS) return;
		const oldest = [...mirrors.values()].sort((a, b) => a.usedAt - b.usedAt)[0]!;
		await drop(oldest.store, true);
	}

	async function drop(store: SessionStore, keep: boolean): Promise<void> {
		const mirror = mirrors.get(store.sessionId);
		if (!mirror || mirror.store !== store) return;
		mirrors.delete(store.sessionId);
		await mirror.chain;
		if (mirror.fed < 0) return;
		try {
			if (keep) await writeCheckpoint(join(store.folder, CHECKPOINT), await paint(mirror));
			await ask({ op: 'close', id: store.sessionId });
		} catch (error) {
			if (!closed) deps.log.warn({ err: error }, 'terminal screen not kept');
		}
	}

	return {
		async screen(store) {
			const mirror = mirrorOf(store);
			const screen = await inOrder(mirror, async () => {
				await open(mirror);
				await store.terminal.flush();
				await feed(mirror, store.terminal.written);
				return paint(mirror);
			});
			void makeRoom();
			return screen;
		},
		wrote(store) {
			const existing = mirrors.get(store.sessionId);
			const seen = existing && existing.fed >= 0 ? existing.fed : store.terminal.first;
			const limit = timings.keepTerminalBytes * FEED_SHARE;
			if (existing && (existing.keepingUp || existing.fed < 0)) return;
			if (store.terminal.written - seen < limit) return;
			const mirror = mirrorOf(store);
			mirror.keepingUp = true;
			inOrder(mirror, async () => {
				await open(mirror);
				await feed(mirror, store.terminal.written);
				await writeCheckpoint(join(store.folder, CHECKPOINT), await paint(mirror));
				mirror.keepingUp = false;
			}).then(
				() => void makeRoom(),
				(error: unknown) => {
					if (!closed) deps.log.warn({ err: error }, 'terminal screen not kept up');
				}
			);
		},
		drop,
		async close() {
			closed = true;
			const old = worker;
			worker = null;
			for (const { reject } of waiting.values()) reject(new Error('closed'));
			waiting.clear();
			await old?.terminate();
		}
	};
}

/** `{offset, cols, rows}` as one line of JSON, then the text. */
async function writeCheckpoint(path: string, screen: Screen): Promise<void> {
	const { text, ...facts } = screen;
	await writeFile(`${path}.new`, Buffer.concat([Buffer.from(JSON.stringify(facts) + '\n'), text]), {
		mode: 0o600
	});
	await rename(`${path}.new`, path);
}

async function readCheckpoint(path: string): Promise<Screen | null> {
	let bytes: Buffer;
	try {
		bytes = await readFile(path);
	} catch {
		return null;
	}
	const line = bytes.indexOf(0x0a);
	try {
		const facts = JSON.parse(bytes.toString('utf8', 0, line)) as Omit<Screen, 'text'>;
		if (![facts.offset, facts.cols, facts.rows].every(Number.isSafeInteger)) return null;
		return { ...facts, text: new Uint8Array(bytes.subarray(line + 1)) };
	} catch {
		return null;
	}
}
