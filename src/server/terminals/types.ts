// What the terminal engine offers to the rest of the server. It knows no sockets and no runners: peers and a port are handed in.
import type { KeyboardAction, KeyboardState } from '#protocol/terminal/keyboard.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';

/** Kinds of stored bytes, as on the runner wire: 1 terminal, 2 stderr, 3 raw provider lines, 4 time and size marks. */
export const OUTPUT_KINDS = [1, 2, 3, 4] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** One placement of a session. `termBase` is where its terminal bytes begin among the session's. */
export interface AttemptRef {
	sessionId: string;
	/** 1-based. */
	attempt: number;
	termBase: number;
}

/**
 * The way to whichever runner has the session. Offsets here are those of the runner wire: they count from 0 in
 * each attempt. Calls for a session whose runner is away are dropped by the other side; `linked` sends again.
 */
export interface RunnerPort {
	input(sessionId: string, attempt: number, offset: number, data: Buffer): void;
	resize(sessionId: string, attempt: number, cols: number, rows: number): void;
	/** Everything before `offset` is written to the segment files: the runner may forget it. */
	acknowledge(sessionId: string, attempt: number, kind: OutputKind, offset: number): void;
	/** Bytes are missing: send again from `expected` (a `nack`). */
	want(sessionId: string, attempt: number, kind: OutputKind, expected: number): void;
}

/** How the process ended; both null when nobody knows. */
export interface ExitInfo {
	code: number | null;
	signal: string | null;
}

/** Somebody who looks at a session, or writes to it. */
export interface ViewerIdentity {
	userId: string;
	/** What others see as the holder of the keyboard. */
	name: string;
}

/**
 * A connection, as the engine sees it. `frame` and `message` never block and never throw; `backlog` is what the
 * connection has not handed to the network yet, in bytes.
 */
export interface Peer {
	readonly id: string;
	readonly backlog: number;
	/** @param message the same as a whole websocket message, when somebody has made one */
	frame(bytes: Buffer, message?: Buffer): void;
	message(message: TerminalDown): void;
}

/** What a viewer says when it attaches. */
export interface AttachOptions {
	/** It has everything up to this session offset. */
	from?: number | undefined;
	/** Bytes only, from `from`, as far as they are kept; never a snapshot. For recorders and tests. */
	exact?: boolean | undefined;
	/** Looks only: a preview; it never counts for the size and never types. */
	preview?: boolean | undefined;
	cols?: number | undefined;
	rows?: number | undefined;
	visible?: boolean | undefined;
}

/** One peer looking at one session. All methods may be called after `detach` and then do nothing. */
export interface Viewer {
	/** Number of the session's stream in binary frames; the same for all viewers of this process. */
	readonly stream: number;
	/** xterm has parsed everything before this session offset. */
	acknowledge(offset: number): void;
	/** The connection's backlog fell: go on sending. */
	drained(): void;
	setSize(cols: number, rows: number): void;
	setVisible(visible: boolean): void;
	/** Throws `AppError` (`FORBIDDEN`, `CONFLICT`). The caller has checked that the person may write. */
	keyboard(action: KeyboardAction, to?: string): void;
	/** Keystrokes; `counter` counts this viewer's typed bytes including these. Throws as `acceptInput` does, or `KEYBOARD_HELD`. */
	type(counter: number, data: Buffer): void;
	/** Whether the person may write was taken away or given. */
	setCanWrite(canWrite: boolean): void;
	detach(): void;
}

/** Where each kind of an attempt stands: the next byte wanted, counted within the attempt. */
export interface StreamHead {
	kind: OutputKind;
	offset: number;
}

export interface ReadResult {
	data: Buffer;
	/** Session offset of the first byte of `data`; later than asked for when older bytes are gone. */
	offset: number;
	nextOffset: number;
	/** Oldest byte still kept, and one past the newest. */
	firstOffset: number;
	headOffset: number;
	/** Declared losses inside or before the range, session offsets. */
	gaps: { from: number; to: number; reason: string }[];
}

/** A session's phase as far as its terminal is concerned. */
export type TerminalPhase = 'waiting' | 'live' | 'paused' | 'ended';

export interface Terminals {
	/**
	 * Opens a session's logs (repairing what a crash left) and says which bytes of this attempt are wanted next.
	 * Call it for `welcome`, and before the first frame of a new attempt.
	 */
	heads(ref: AttemptRef): Promise<StreamHead[]>;
	/** The session offset at which the next attempt's terminal bytes begin: its `termBase`. */
	nextBase(sessionId: string): Promise<number>;
	/**
	 * Takes bytes from a runner; `offset` counts within the attempt, as on the wire. Overlap is dropped, a hole is
	 * answered with `port.want`, what is written with `port.acknowledge`. Returns null, or a promise when too much
	 * waits to be written: stop reading this runner's socket until it resolves. `data` is copied.
	 */
	receive(
		ref: AttemptRef,
		kind: OutputKind,
		offset: number,
		data: Uint8Array,
		receivedAt: number
	): Promise<void> | null;
	/** Records bytes the runner declared lost (offsets within the attempt). Durable when it resolves; repeating is harmless. */
	gap(ref: AttemptRef, kind: OutputKind, from: number, to: number, reason: string): Promise<void>;
	/**
	 * The process ended; `finalOffset` counts within the attempt. Resolves when all bytes are here and synced
	 * (`true`), or after `endWaitMs` without them (`false`). Viewers get EXIT after their last byte.
	 */
	ended(ref: AttemptRef, finalOffset: number, exit: ExitInfo): Promise<boolean>;
	/** Tells the engine of a transition, so that input is accepted or refused at once and viewers see it. */
	setPhase(sessionId: string, phase: TerminalPhase, attempt?: number): void;
	/** The runner has the session (after `welcome`, or `session.started`): unacknowledged input is sent from `inOffset`. */
	linked(ref: AttemptRef, inOffset: number): Promise<void>;
	/** The runner's connection is gone; input waits. */
	unlinked(sessionId: string): void;
	/** The runner has taken input up to `offset` (within the attempt). */
	inputAcknowledged(sessionId: string, attempt: number, offset: number): void;
	/**
	 * Stores input and sends it, exactly once across restarts. At most 64 KiB per call.
	 * Throws `PAYLOAD_TOO_LARGE`, `TERMINAL_BACKPRESSURE`, `SESSION_PAUSED`, `INVALID_STATE`.
	 * Resolves with the input offset after it (within the attempt) when it is committed.
	 */
	acceptInput(sessionId: string, data: Uint8Array, by: ViewerIdentity): Promise<{ offset: number }>;
	/** A client that is no viewer of ours (REST, `/ws`) counts with this size until it is null. */
	setClientSize(
		sessionId: string,
		clientId: string,
		size: { cols: number; rows: number } | null
	): Promise<void>;
	/** Starts looking. The first frames may be sent before this resolves. */
	attach(
		sessionId: string,
		peer: Peer,
		who: ViewerIdentity & { canWrite: boolean },
		options: AttachOptions,
		/** Echoed in `attached`. */
		ref: number
	): Promise<Viewer>;
	/** The session offsets of the terminal bytes that are kept. Throws `SESSION_DATA_EXPIRED`. */
	extent(sessionId: string): Promise<{ firstOffset: number; nextOffset: number }>;
	/** At most 262,144 bytes of terminal output from an offset. Throws `SESSION_DATA_EXPIRED`. */
	read(sessionId: string, fromOffset: number, maxBytes: number): Promise<ReadResult>;
	/** The whole transcript as asciicast v2, true to time and size. */
	asciicast(sessionId: string, title: string): AsyncGenerator<Buffer, void, void>;
	/** The transcript as plain text: escape sequences cut out, overwritten line ends resolved. */
	plainText(sessionId: string): AsyncGenerator<Buffer, void, void>;
	/** The bytes as the program wrote them. */
	raw(sessionId: string, kind?: OutputKind): AsyncGenerator<Buffer, void, void>;
	/** Deletes a session's bytes, index, gaps and input; idempotent. */
	expire(sessionId: string): Promise<void>;
	/** Whether the program that runs has asked to be told of pastes (bracketed paste). */
	pastes(sessionId: string): Promise<boolean>;
	/** Who holds the keyboard, for pages that list sessions. */
	keyboardOf(sessionId: string): KeyboardState | null;
	readonly stats: TerminalStats;
	/** Writes and syncs what is queued, then closes every file. Viewers are left to the doors. */
	close(): Promise<void>;
}

/** Figures for `/metrics`, read when asked. */
export interface TerminalStats {
	readonly persistQueueBytes: number;
	readonly viewers: number;
	readonly laggingViewers: number;
	readonly ringBytes: number;
	readonly openSessions: number;
	readonly bytesReceived: number;
	readonly snapshots: number;
}

/** Every number a test may want smaller; milliseconds and bytes. */
export interface TerminalTimings {
	/**
	 * Bytes wait this long for others before they are written; 0: until the end of the turn. They come one by one where
	 * somebody types, and from a hundred sessions at once, and each would be a write of its own. The runner keeps what is
	 * not written here, so waiting risks nothing; whoever needs the bytes on disk asks with `flush`.
	 */
	writeMs: number;
	syncMs: number;
	ringKeepMs: number;
	resizeMs: number;
	endWaitMs: number;
	idleCloseMs: number;
	segmentBytes: number;
	keepTerminalBytes: number;
	keepOtherBytes: number;
	persistQueueBytes: number;
	ringBytes: number;
	viewerWindow: number;
	peerBacklog: number;
	catchUpBytes: number;
	/** A viewer further behind than this gets a snapshot instead of bytes. */
	snapshotBehind: number;
	/** A returning client that misses at most this gets exactly the missing bytes. */
	resumeBytes: number;
	scrollback: number;
}

export const DEFAULT_TIMINGS: TerminalTimings = {
	writeMs: 100,
	syncMs: 1_000,
	ringKeepMs: 60_000,
	resizeMs: 50,
	endWaitMs: 10_000,
	idleCloseMs: 60_000,
	segmentBytes: 1_048_576,
	keepTerminalBytes: 64 * 1_048_576,
	keepOtherBytes: 8 * 1_048_576,
	persistQueueBytes: 16 * 1_048_576,
	ringBytes: 1_048_576,
	viewerWindow: 524_288,
	peerBacklog: 1_048_576,
	catchUpBytes: 131_072,
	snapshotBehind: 2 * 1_048_576,
	resumeBytes: 262_144,
	scrollback: 1_000
};
