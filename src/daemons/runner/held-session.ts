// One attempt that this runner holds, from acceptance to discard.
import type { HostStart } from '#protocol/host/start.ts';
import type { Exit, HeldSession } from '#protocol/runner/hello.ts';
import type { SessionExited } from '#protocol/runner/session-exited.ts';
import { createReportReader } from '../work-report.ts';
import { createDigest, type Digest } from './digest.ts';
import { createInputRelay, createOutputGate, type InputRelay, type OutputGate } from './relay.ts';
import type { Provider } from './providers/provider.ts';
import type { SessionRecord, WorkCounter } from './state-dir.ts';
import { createToldReader, type ToldReader } from './told.ts';

/** What a runner knows of one attempt. Changed by sessions.ts alone. */
export interface Held {
	record: SessionRecord;
	phase: HeldSession['phase'];
	pid: number | null;
	/** Ends the preparation; null when it is over. */
	preparing: AbortController | null;
	/** What the host was told, to tell it again when it went away before it answered. */
	startMessage: HostStart | null;
	output: OutputGate;
	input: InputRelay;
	/** Last known range of each output kind in the host's spool. */
	ranges: Map<number, { start: number; end: number }>;
	/** Open questions: approvalId → generation. */
	asks: Map<string, number>;
	exit: (Exit & Pick<SessionExited, 'stopCause' | 'hostLost' | 'finalOffsets'>) | null;
	/** Whether the worktree holds work; asked once, at the end. */
	dirty: boolean | null;
	exitSent: boolean;
	/** To be deleted as soon as it has ended. */
	discard: boolean;
	cpuMs: number | null;
	cpuSent: number | null;
	commands: number | null;
	work: WorkCounter;
	/** Null for sessions that report by themselves. */
	digest: Digest | null;
	reports: ReturnType<typeof createReportReader> | null;
	/** Reads what a driver tells; null for sessions without one. */
	told: ToldReader | null;
	digestTimer: NodeJS.Timeout | undefined;
	inputTimer: NodeJS.Timeout | undefined;
	usageTimer: NodeJS.Timeout | undefined;
}

/** Starts to hold an attempt. */
export function holdSession(
	record: SessionRecord,
	reports: Provider['reports'],
	work: WorkCounter
): Held {
	/** A session that has told once is one with a driver, also for a runner that comes after. */
	const tells = reports === 'driver' || (reports === 'either' && work.told !== undefined);
	const digests = !tells && reports !== 'terminal';
	return {
		record,
		phase: 'preparing',
		pid: null,
		preparing: null,
		startMessage: null,
		output: createOutputGate(),
		input: createInputRelay(0),
		ranges: new Map(),
		asks: new Map(),
		exit: null,
		dirty: null,
		exitSent: false,
		discard: false,
		cpuMs: null,
		cpuSent: null,
		commands: digests ? null : 0,
		work,
		digest: digests ? createDigest() : null,
		reports: reports === 'terminal' ? createReportReader() : null,
		told: tells || reports === 'either' ? createToldReader(work.told ?? 0) : null,
		digestTimer: undefined,
		inputTimer: undefined,
		usageTimer: undefined
	};
}

/** How the server is told of it in hello. */
export function describeHeld(held: Held): HeldSession {
	const { sessionId, attempt, streamId } = held.record;
	return {
		sessionId,
		attempt,
		streamId,
		phase: held.phase,
		...(held.pid ? { pid: held.pid } : {}),
		...(held.exit
			? { exit: { code: held.exit.code, signal: held.exit.signal, at: held.exit.at } }
			: {}),
		streams: [...held.ranges].map(([kind, range]) => ({ kind: kind as 1 | 2 | 3 | 4, ...range })),
		inOffset: held.input.acked
	};
}
