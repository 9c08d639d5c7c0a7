// The terminal engine: bytes from runners in, segment files and viewers out. See docs/protocol.md and types.ts.
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import type { Clock } from '#server/clock.ts';
import { terminalGaps, terminalInput, terminalSegments } from '#server/db/schema/sessions.ts';
import type { Database } from '#server/db/open.ts';
import type { Logger } from '#server/log.ts';
import { createMirrors } from './mirrors.ts';
import { demandInput } from './room.ts';
import { createSegmentIndex } from './segment-index.ts';
import { createOpenSessions, noticeAttempt, type OpenSession } from './sessions.ts';
import type { Taken } from './session-store.ts';
import type { StreamLog } from './stream-log.ts';
import { asciicast, plainText, storedBytes } from './transcript.ts';
import {
	DEFAULT_TIMINGS,
	type AttemptRef,
	type OutputKind,
	type RunnerPort,
	type Terminals,
	type TerminalTimings
} from './types.ts';

/** Largest answer of `read`, bytes (control-plane.md). */
export const MAX_READ_BYTES = 262_144;
/** A hole is asked for again after this long, in case the question was lost. */
const ASK_AGAIN_MS = 500;

/** Opens the engine on a data directory. One per server process; close it before the database. */
export function openTerminals(deps: {
	database: Database;
	log: Logger;
	clock: Clock;
	dataDir: string;
	port: RunnerPort;
	timings?: Partial<TerminalTimings>;
}): Terminals {
	const { database, clock, log, port } = deps;
	const timings: TerminalTimings = { ...DEFAULT_TIMINGS, ...deps.timings };
	const root = join(deps.dataDir, 'terminals');
	mkdirSync(root, { recursive: true, mode: 0o700 });

	const index = createSegmentIndex(deps);
	const mirrors = createMirrors({ log, timings });
	let queuedBytes = 0;
	let bytesReceived = 0;
	let snapshots = 0;
	/** Callers that were told to stop reading. */
	let relief: { promise: Promise<void>; resolve: () => void } | null = null;
	let timer: NodeJS.Timeout | null = null;

	const sessions = createOpenSessions({
		...deps,
		root,
		timings,
		index,
		mirrors,
		queuedBy(bytes) {
			queuedBytes += bytes;
			if (relief && queuedBytes <= timings.persistQueueBytes / 2) {
				relief.resolve();
				relief = null;
			}
		},
		written,
		onSnapshot: () => void snapshots++,
		onOpen() {
			timer ??= setInterval(tick, timings.syncMs).unref();
		}
	});

	/** The one timer: syncs what is dirty, drops rings and closes sessions nobody uses. */
	function tick(): void {
		const now = clock.monotonicMs();
		for (const session of sessions.all()) {
			for (const each of session.store.logs) each.retry();
			void session.store.sync();
			session.room.sweep(now);
			const idle = now - session.usedAt >= timings.idleCloseMs && !session.ending;
			const busy = session.room.viewers > 0 || session.store.logs.some((each) => each.queued > 0);
			if (!idle || busy) continue;
			if (session.room.phase === 'live' || session.room.phase === 'paused')
				// It may print again any time; only its files are closed.
				for (const each of session.store.logs) void each.rest();
			else void sessions.close(session.store.sessionId);
		}
		if (sessions.size === 0 && timer) {
			clearInterval(timer);
			timer = null;
		}
	}

	function written(session: OpenSession, stream: StreamLog): void {
		const { store, room } = session;
		if (stream.kind !== 1)
			return port.acknowledge(
				store.sessionId,
				stream.attempt,
				stream.kind,
				stream.stored - stream.base
			);
		room.moved();
		room.stored(stream.stored);
		mirrors.wrote(store);
		finish(session);
	}

	function finish(session: OpenSession): void {
		const { ending, store, room } = session;
		if (!ending || store.terminal.stored < ending.offset) return;
		session.ending = null;
		const { offset, code, signal } = ending;
		room.exited({ offset, code, signal });
		ending.done();
	}

	function take(
		session: OpenSession,
		ref: AttemptRef,
		kind: OutputKind,
		offset: number,
		data: Uint8Array
	): void {
		noticeAttempt(session, ref);
		session.usedAt = clock.monotonicMs();
		const taken: Taken = session.store.take(ref, kind, offset, data);
		switch (taken.result) {
			case 'new':
				session.wanted = null;
				bytesReceived += data.length;
				if (kind === 1 && taken.frame) session.room.bytes(taken.offset, taken.frame);
				if (taken.sizes.length > 0) session.room.sized();
				return;
			case 'known': {
				const stream = session.store.log(kind);
				port.acknowledge(ref.sessionId, ref.attempt, kind, stream.stored - stream.base);
				return;
			}
			case 'hole': {
				const { wanted } = session;
				const now = clock.monotonicMs();
				if (
					wanted?.kind === kind &&
					wanted.expected === taken.expected &&
					now - wanted.at < ASK_AGAIN_MS
				)
					return;
				session.wanted = { kind, expected: taken.expected, at: now };
				port.want(ref.sessionId, ref.attempt, kind, taken.expected);
				return;
			}
			case 'stale':
				return;
		}
	}

	function pressure(): Promise<void> | null {
		if (queuedBytes <= timings.persistQueueBytes) return null;
		if (!relief) {
			let resolve = () => {};
			const promise = new Promise<void>((done) => (resolve = done));
			relief = { promise, resolve };
		}
		return relief.promise;
	}

	return {
		async heads(ref) {
			const session = await sessions.open(ref.sessionId);
			noticeAttempt(session, ref);
			await session.store.flush();
			return session.store.logs.map((stream) => ({
				kind: stream.kind,
				// An attempt of which nothing came yet begins at 0.
				offset: stream.attempt === ref.attempt ? stream.stored - stream.base : 0
			}));
		},
		async nextBase(sessionId) {
			return (await sessions.open(sessionId)).store.terminal.head;
		},
		receive(ref, kind, offset, data) {
			const session = sessions.peek(ref.sessionId);
			if (session) {
				take(session, ref, kind, offset, data);
				return pressure();
			}
			const copy = Uint8Array.prototype.slice.call(data);
			return sessions.open(ref.sessionId).then(
				(opened) => {
					take(opened, ref, kind, offset, copy);
					return pressure() ?? undefined;
				},
				(error: unknown) =>
					log.warn({ err: error, sessionId: ref.sessionId }, 'terminal bytes not taken')
			);
		},
		async gap(ref, kind, from, to, reason) {
			const session = await sessions.open(ref.sessionId);
			noticeAttempt(session, ref);
			const lost = await session.store.lose(ref, kind, from, to, reason);
			if (!lost || kind !== 1) return;
			session.room.moved();
			finish(session);
		},
		async ended(ref, finalOffset, exit) {
			const session = await sessions.open(ref.sessionId);
			noticeAttempt(session, ref);
			const { terminal } = session.store;
			if (session.room.phase === 'ended' && !session.ending) return true;
			const base =
				terminal.attempt === ref.attempt ? terminal.base : Math.max(terminal.head, ref.termBase);
			let complete = true;
			await new Promise<void>((resolve) => {
				const late = setTimeout(() => {
					complete = false;
					log.warn({ sessionId: ref.sessionId }, 'a terminal ended before its last bytes came');
					if (session.ending) session.ending.offset = terminal.stored;
					finish(session);
				}, timings.endWaitMs);
				session.ending?.done();
				session.ending = {
					...exit,
					offset: base + finalOffset,
					done: () => {
						clearTimeout(late);
						resolve();
					}
				};
				finish(session);
				void terminal.flush();
			});
			await session.store.flush();
			await session.store.sync();
			return complete;
		},
		setPhase(sessionId, phase, attempt) {
			sessions.whenOpen(sessionId, (session) => {
				if (attempt !== undefined) noticeAttempt(session, { sessionId, attempt, termBase: 0 });
				session.room.setPhase(phase);
			});
		},
		async linked(ref, inOffset) {
			const session = await sessions.open(ref.sessionId);
			noticeAttempt(session, ref);
			await session.input.linked(ref.attempt, inOffset);
			session.room.linked();
		},
		unlinked(sessionId) {
			sessions.peek(sessionId)?.input.unlinked();
		},
		inputAcknowledged(sessionId, attempt, offset) {
			sessions.peek(sessionId)?.input.acknowledged(attempt, offset);
		},
		async acceptInput(sessionId, data, by) {
			const session = await sessions.open(sessionId);
			demandInput(session.room.phase);
			const offset = await session.input.store(Buffer.from(data));
			session.room.noteInput(by.name, data.length);
			return { offset };
		},
		async setClientSize(sessionId, clientId, size) {
			(await sessions.open(sessionId)).room.setClientSize(clientId, size);
		},
		async attach(sessionId, peer, who, options, ref) {
			const session = await sessions.open(sessionId);
			return session.room.attach(peer, who, options, ref);
		},
		async extent(sessionId) {
			const { terminal } = (await sessions.open(sessionId)).store;
			return { firstOffset: terminal.first, nextOffset: terminal.head };
		},
		async read(sessionId, fromOffset, maxBytes) {
			const { store } = await sessions.open(sessionId);
			const { terminal } = store;
			await terminal.flush();
			const most = Math.min(maxBytes, MAX_READ_BYTES);
			const pieces: Buffer[] = [];
			let offset = fromOffset;
			let size = 0;
			while (size < most) {
				const piece = await terminal.read(offset + size, most - size);
				if (!piece || (size > 0 && piece.offset !== offset + size)) break;
				if (size === 0) offset = piece.offset;
				pieces.push(piece.data);
				size += piece.data.length;
			}
			return {
				data: Buffer.concat(pieces),
				offset,
				nextOffset: offset + size,
				firstOffset: terminal.first,
				headOffset: terminal.head,
				gaps: store.gaps
					.filter((gap) => gap.to > fromOffset && gap.from <= offset + size)
					.map(({ from, to, reason }) => ({ from, to, reason }))
			};
		},
		async *asciicast(sessionId, title) {
			const { store, beganAtMs } = await sessions.open(sessionId);
			yield* asciicast(store, title, beganAtMs);
		},
		async *plainText(sessionId) {
			yield* plainText((await sessions.open(sessionId)).store);
		},
		async *raw(sessionId, kind = 1) {
			const { store } = await sessions.open(sessionId);
			for await (const { data } of storedBytes(store.log(kind))) yield data;
		},
		async expire(sessionId) {
			const session = await sessions.open(sessionId).catch(() => null);
			session?.room.expired();
			if (session) await mirrors.drop(session.store, false);
			await sessions.close(sessionId);
			await rm(join(root, sessionId), { recursive: true, force: true });
			index.forget(sessionId);
			await index.flush();
			const { db } = database;
			await db.delete(terminalSegments).where(eq(terminalSegments.sessionId, sessionId));
			await db.delete(terminalGaps).where(eq(terminalGaps.sessionId, sessionId));
			await db.delete(terminalInput).where(eq(terminalInput.sessionId, sessionId));
		},
		async pastes(sessionId) {
			const { text } = await mirrors.screen((await sessions.open(sessionId)).store);
			// Whatever the program printed, a cell of a screen holds no escape.
			return Buffer.from(text).includes('\u001b[?2004h');
		},
		keyboardOf: (sessionId) => sessions.peek(sessionId)?.room.keyboard ?? null,
		stats: {
			get persistQueueBytes() {
				return queuedBytes;
			},
			get viewers() {
				return total((session) => session.room.viewers);
			},
			get laggingViewers() {
				return total((session) => session.room.lagging);
			},
			get ringBytes() {
				return total((session) => session.room.ringBytes);
			},
			get openSessions() {
				return sessions.size;
			},
			get bytesReceived() {
				return bytesReceived;
			},
			get snapshots() {
				return snapshots;
			}
		},
		async close() {
			if (timer) clearInterval(timer);
			timer = null;
			await Promise.all([...sessions.all()].map(({ store }) => sessions.close(store.sessionId)));
			await mirrors.close();
			await index.close();
		}
	};

	function total(of: (session: OpenSession) => number): number {
		let sum = 0;
		for (const session of sessions.all()) sum += of(session);
		return sum;
	}
}
