// The sessions the engine has open: each with its store, its input and its room; opened when needed, closed when idle.
import { eq } from 'drizzle-orm';
import type { Clock } from '#server/clock.ts';
import { sessions as sessionRows } from '#server/db/schema/sessions.ts';
import type { Database } from '#server/db/open.ts';
import { missing } from '#server/auth/actor.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { isTerminal, type SessionState } from '#domain/session.ts';
import { createSessionInput, type SessionInput } from './input.ts';
import type { Mirrors } from './mirrors.ts';
import { createRoom, type Room } from './room.ts';
import type { SegmentIndex } from './segment-index.ts';
import { openSessionStore, type SessionStore } from './session-store.ts';
import type { StreamLog } from './stream-log.ts';
import type { AttemptRef, RunnerPort, TerminalPhase, TerminalTimings } from './types.ts';

/** One open session. */
export interface OpenSession {
	readonly store: SessionStore;
	readonly input: SessionInput;
	readonly room: Room;
	/** Epoch ms at which it began, for transcripts without marks. */
	readonly beganAtMs: number;
	/** Monotonic ms of the last use. */
	usedAt: number;
	/** Set while the exit waits for its last bytes. */
	ending: { offset: number; code: number | null; signal: string | null; done: () => void } | null;
	/** The last hole that was asked for, so that each lost frame is asked for once. */
	wanted: { kind: number; expected: number; at: number } | null;
}

export interface OpenSessions {
	/** Opens a session. Throws `SESSION_NOT_FOUND` and `SESSION_DATA_EXPIRED`. */
	open(sessionId: string): Promise<OpenSession>;
	/** The session if it is open already. */
	peek(sessionId: string): OpenSession | undefined;
	/** Calls back now, or when the session that is being opened is open; never when it is closed. */
	whenOpen(sessionId: string, work: (session: OpenSession) => void): void;
	/** Closes and forgets it. */
	close(sessionId: string): Promise<void>;
	all(): IterableIterator<OpenSession>;
	readonly size: number;
}

export interface OpenSessionsDeps {
	database: Database;
	clock: Clock;
	log: Logger;
	port: RunnerPort;
	root: string;
	timings: TerminalTimings;
	index: SegmentIndex;
	mirrors: Mirrors;
	queuedBy(bytes: number): void;
	written(session: OpenSession, log: StreamLog): void;
	onSnapshot(): void;
	/** A session was opened: the shared timer is wanted. */
	onOpen(): void;
}

export function createOpenSessions(deps: OpenSessionsDeps): OpenSessions {
	const open = new Map<string, OpenSession>();
	const opening = new Map<string, Promise<OpenSession>>();
	const closing = new Map<string, Promise<void>>();
	let streams = 0;

	async function load(sessionId: string): Promise<OpenSession> {
		await closing.get(sessionId);
		const [row] = await deps.database.db
			.select()
			.from(sessionRows)
			.where(eq(sessionRows.id, sessionId))
			.limit(1);
		if (!row) throw missing('SESSION_NOT_FOUND');
		if (row.dataExpired)
			throw new AppError('SESSION_DATA_EXPIRED', 'The output of this session is no longer kept.');
		let session: OpenSession | null = null;
		const store = await openSessionStore(
			{
				...deps,
				written: (_store, log) => {
					if (session) deps.written(session, log);
				}
			},
			sessionId,
			{ cols: row.cols, rows: row.rows }
		);
		const input = createSessionInput({ ...deps, sessionId, attempt: row.attempt });
		const phase = phaseOf(row.state);
		session = {
			store,
			input,
			beganAtMs: (row.startedAt ?? row.createdAt).getTime(),
			usedAt: deps.clock.monotonicMs(),
			ending: null,
			wanted: null,
			room: createRoom({
				...deps,
				store,
				input,
				stream: ++streams,
				acknowledge: (offset) =>
					deps.port.acknowledge(
						sessionId,
						store.terminal.attempt,
						1,
						Math.max(0, offset - store.terminal.base)
					),
				monotonicMs: () => deps.clock.monotonicMs(),
				phase,
				attempt: row.attempt,
				exit:
					phase === 'ended'
						? { offset: store.terminal.head, code: row.exitCode, signal: row.exitSignal }
						: null
			})
		};
		open.set(sessionId, session);
		deps.onOpen();
		return session;
	}

	return {
		async open(sessionId) {
			const known = open.get(sessionId);
			if (known) {
				known.usedAt = deps.clock.monotonicMs();
				return known;
			}
			let promise = opening.get(sessionId);
			if (!promise) {
				promise = load(sessionId).finally(() => opening.delete(sessionId));
				opening.set(sessionId, promise);
			}
			return promise;
		},
		peek: (sessionId) => open.get(sessionId),
		whenOpen(sessionId, work) {
			const session = open.get(sessionId);
			if (session) work(session);
			else opening.get(sessionId)?.then(work, () => {});
		},
		async close(sessionId) {
			const session = open.get(sessionId);
			if (!session) return closing.get(sessionId);
			open.delete(sessionId);
			session.room.close();
			const done = (async () => {
				await deps.mirrors.drop(session.store, true);
				await session.store.close();
			})().finally(() => closing.delete(sessionId));
			closing.set(sessionId, done);
			return done;
		},
		all: () => open.values(),
		get size() {
			return open.size;
		}
	};
}

function phaseOf(state: SessionState): TerminalPhase {
	if (isTerminal(state)) return 'ended';
	if (state === 'PAUSED_BY_HUMAN') return 'paused';
	return state === 'RUNNING' || state === 'WAITING_FOR_APPROVAL' ? 'live' : 'waiting';
}

/** Makes the attempt of a frame the session's current one when it is newer. */
export function noticeAttempt(session: OpenSession, ref: AttemptRef): void {
	if (ref.attempt <= session.room.attempt) return;
	session.room.attempt = ref.attempt;
	session.input.begin(ref.attempt);
}
