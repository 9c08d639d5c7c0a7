import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { HostDown } from '#protocol/host/down.ts';
import type { StopCause } from '#protocol/host/fields.ts';
import type { OutputKind } from '#protocol/host/limits.ts';
import type { HostStart } from '#protocol/host/start.ts';
import type { HostExit, HostSession } from '#protocol/host/welcome.ts';
import { nicenessBeside, runInBackground } from './background.ts';
import type { Child } from './child.ts';
import { createInputQueue } from './input-queue.ts';
import { createOutputs } from './outputs.ts';
import { openPipes } from './pipes.ts';
import { openPty } from './pty.ts';
import type { SessionContext } from './session-context.ts';
import { sessionDir, writeState } from './state-file.ts';
import type { SessionState } from './state-file.ts';
import { createStopper } from './stopper.ts';
import { createTree } from './tree.ts';
import type { Spool } from './spool.ts';

/** A session as the host's other parts see it, living, ended or lost. */
export interface HostedSession {
	readonly sessionId: string;
	readonly attempt: number;
	readonly streamId: number;
	readonly live: boolean;
	readonly spools: ReadonlyMap<OutputKind, Spool>;
	describe(): Omit<HostSession, 'asks' | 'askOutcomes'>;
	/** Tells the runner that it runs, for a start and for each repeated one. */
	started(): HostDown;
	input(offset: number, bytes: Uint8Array): void;
	transcript(offset: number, bytes: Uint8Array): void;
	endInput(): void;
	/** Keeps a line its driver told; false when it has ended or there is no room. */
	tell(line: string): boolean;
	resize(cols: number, rows: number): void;
	pause(requestId: string): void;
	resume(requestId: string): void;
	stop(cause: StopCause, force: boolean): void;
	renewLease(): void;
	ack(kind: OutputKind, offset: number): void;
	/** Ends what is overdue; called about twice a second while the session lives. */
	tick(now: number): void;
	/** Resolves when it has ended and everything is written. */
	readonly ended: Promise<void>;
	/** Deletes everything kept of an ended session. */
	discard(): void;
}

/** Written input is acknowledged after so much of it, or after this time: keys come one by one. */
const INPUT_ACK_BYTES = 16_384;
const INPUT_ACK_MS = 40;

/** Starts the process of a session. Throws SpawnError; then nothing is left behind. */
export function startSession(context: SessionContext, spec: HostStart): HostedSession {
	const { sessionId, attempt, streamId } = spec;
	const ref = { sessionId, attempt };
	const folder = sessionDir(context.dir, sessionId, attempt);
	const mark = `${attempt}.${randomBytes(12).toString('hex')}`;
	const startedAt = Date.now();
	const state: SessionState = {
		...ref,
		streamId,
		mode: spec.mode,
		mark,
		bootId: context.bootId,
		startedAt,
		cols: spec.cols,
		rows: spec.rows,
		inOffset: 0
	};
	let phase: 'live' | 'paused' | 'exited' = 'live';
	let stopCause: StopCause | undefined;
	let exit: HostExit | undefined;
	let pausedAt = 0;
	let leaseAt = startedAt;
	let deadlineAt = Math.min(spec.deadlineAt ?? Infinity, startedAt + (spec.timeoutMs ?? Infinity));
	let inputAcked = 0;
	let ackTimer: NodeJS.Timeout | undefined;
	let order: Promise<void> = Promise.resolve();
	let resolveEnded: () => void;
	const ended = new Promise<void>((resolve) => (resolveEnded = resolve));

	let child: Child | undefined;

	// Written before the process exists: whatever happens next, the mark finds what was started.
	writeState(folder, state);
	const outputs = createOutputs({
		folder,
		streamId,
		mode: spec.mode,
		cols: spec.cols,
		rows: spec.rows,
		...context.spool,
		onFrame: (kind, offset, frame) => context.offer(streamId, kind, offset, frame),
		onRoom: (room) => (room ? child?.resumeReading() : child?.pauseReading())
	});
	const started = startChild();
	void runInBackground(started.pid, context.table, nicenessBeside(context.live()));
	const info = context.table.find(started.pid);
	state.root = { pid: started.pid, startTime: info?.startTime ?? '' };
	writeState(folder, state);

	const tree = createTree({
		table: context.table,
		root: state.root,
		marks: [`VILLAGE_SESSION_ID=${sessionId}`, `VILLAGE_SESSION_MARK=${mark}`]
	});
	const stopper = createStopper({
		tree,
		times: context.times,
		interrupt: () => started.interrupt()
	});
	const input = createInputQueue({
		write: (bytes) => started.write(bytes),
		onWritten() {
			if (input.written - inputAcked >= INPUT_ACK_BYTES) ackInput();
			else ackTimer ??= setTimeout(ackInput, INPUT_ACK_MS);
		}
	});

	function ackInput(): void {
		clearTimeout(ackTimer);
		ackTimer = undefined;
		inputAcked = input.written;
		context.emit({ t: 'input_ack', ...ref, streamId, offset: inputAcked });
	}

	function startChild(): Child {
		const env = {
			...spec.env,
			...context.sessionEnv(ref),
			VILLAGE_SESSION_ID: sessionId,
			VILLAGE_SESSION_MARK: mark
		};
		const childSpec = { ...spec, env };
		const events = {
			onData: (kind: OutputKind, bytes: Buffer) => outputs.push(kind, bytes),
			// Never in the same turn as the start: the exit needs what is made below.
			onExit: (code: number | null, signal: string | null) =>
				void setImmediate(() => void end(code, signal))
		};
		try {
			child =
				spec.mode === 'pty'
					? openPty(context.native(), childSpec, events)
					: openPipes(childSpec, events);
			return child;
		} catch (error) {
			outputs.close();
			rmSync(folder, { recursive: true, force: true });
			throw error;
		}
	}

	async function end(code: number | null, signal: string | null): Promise<void> {
		const at = Date.now();
		await stopper.endLeftovers();
		outputs.lastBytes();
		await started.finish();
		await outputs.finish();
		input.close();
		if (ackTimer) ackInput();
		exit = { code, signal, at };
		phase = 'exited';
		try {
			writeState(folder, { ...state, inOffset: input.written, exit, ...causeIfAny() });
		} catch {
			// A full disk: the runner is told all the same; only a next host would call it lost.
		}
		context.onEnded(ref);
		context.emit({
			t: 'exited',
			...ref,
			streamId,
			...exit,
			finalOffsets: [...outputs.spools].map(([kind, spool]) => ({ kind, offset: spool.end })),
			...causeIfAny()
		});
		resolveEnded();
	}

	function causeIfAny(): { stopCause?: StopCause } {
		return stopCause === undefined ? {} : { stopCause };
	}

	function stop(cause: StopCause, force: boolean): void {
		if (phase === 'exited') return;
		stopCause ??= cause;
		stopper.stop(force);
	}

	/** Pauses and resumes one after the other, in the order they came. */
	function inOrder(action: () => Promise<void>): void {
		order = order.then(action);
	}

	return {
		...ref,
		streamId,
		ended,
		spools: outputs.spools,
		get live() {
			return phase !== 'exited';
		},
		describe: () => ({
			...ref,
			streamId,
			mode: spec.mode,
			phase,
			pid: started.pid,
			startedAt,
			...(exit ? { exit } : {}),
			...causeIfAny(),
			streams: [...outputs.spools].map(([kind, { start, end }]) => ({ kind, start, end })),
			inOffset: input.written,
			cols: state.cols,
			rows: state.rows
		}),
		started: () => ({
			t: 'started',
			...ref,
			streamId,
			pid: started.pid,
			at: startedAt,
			cols: state.cols,
			rows: state.rows
		}),
		input(offset, bytes) {
			outputs.key();
			const result = input.push(offset, bytes);
			if (result === 'taken') return;
			context.emit({ t: 'nack', streamId, kind: 0x10, offset: input.received, reason: result });
		},
		transcript(offset, bytes) {
			const refused =
				spec.mode === 'pty' || phase === 'exited'
					? { offset: outputs.spools.get(1)?.end ?? 0, reason: 'ended' as const }
					: outputs.transcript(offset, bytes);
			if (refused) context.emit({ t: 'nack', streamId, kind: 1, ...refused });
		},
		tell: (line) => phase !== 'exited' && outputs.tell(line),
		endInput: () => input.afterAll(() => started.endInput()),
		resize(cols, rows) {
			if (phase === 'exited' || (cols === state.cols && rows === state.rows)) return;
			outputs.resized(cols, rows);
			Object.assign(state, { cols, rows });
			started.resize(cols, rows);
		},
		pause: (requestId) =>
			inOrder(async () => {
				const ok = phase === 'paused' || (phase === 'live' && (await tree.suspend()));
				if (ok && phase === 'live') {
					phase = 'paused';
					pausedAt = Date.now();
				}
				const failure =
					phase === 'exited' ? 'the session has ended' : 'a process could not be suspended';
				context.emit({
					t: 'paused',
					...ref,
					requestId,
					ok: ok && phase === 'paused',
					...(ok && phase === 'paused' ? { method: 'signal' } : { message: failure })
				});
			}),
		resume: (requestId) =>
			inOrder(async () => {
				if (phase === 'paused') {
					await tree.resume();
					deadlineAt += Date.now() - pausedAt;
					if (phase === 'paused') phase = 'live';
				}
				const ok = phase === 'live';
				context.emit({
					t: 'resumed',
					...ref,
					requestId,
					ok,
					...(ok ? { method: 'signal' } : { message: 'the session has ended' })
				});
			}),
		stop,
		renewLease() {
			leaseAt = Date.now();
		},
		ack: (kind, offset) => outputs.ack(kind, offset),
		tick(now) {
			if (phase === 'exited') return;
			outputs.tick();
			if (phase === 'live' && now >= deadlineAt) stop('timeout', false);
			// Both clocks are the wall's: a machine that slept has outlived its lease.
			if (spec.leaseMs !== undefined && now - leaseAt > spec.leaseMs) stop('lease', false);
		},
		discard() {
			outputs.close();
			rmSync(folder, { recursive: true, force: true });
		}
	};
}
