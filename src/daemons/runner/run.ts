// The runner daemon: finds its session host, connects to the server, and carries what both say until it is told to end.
import { randomUUID } from 'node:crypto';
import { arch, hostname, platform } from 'node:os';
import type { Heartbeat } from '#protocol/runner/heartbeat.ts';
import type { Hello } from '#protocol/runner/hello.ts';
import type { ProviderReport } from '#protocol/runner/provider-report.ts';
import type { RunnerBye } from '#protocol/runner/runner-bye.ts';
import { RUNNER_PROTOCOL, RUNNER_PROTOCOL_MIN } from '#protocol/version.ts';
import type { LinkEnd, LinkTimings } from '../link.ts';
import { serveControl, type RunnerStatus } from './control.ts';
import { answerOf, checkHouse } from './house-check.ts';
import { openHostLink, type HostLink } from './host-link.ts';
import { createInspector } from './inspector.ts';
import { createLoadMeter } from './load.ts';
import { lockRunner, RunnerLockedError } from './lock.ts';
import { createMutex } from './mutex.ts';
import { detectProviders, runtimeVersions } from './providers/registry.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { writeShim } from './shim.ts';
import { openStateDir, type RunnerIdentity } from './state-dir.ts';
import { openUplink, OUTBOX_SOFT, type Uplink } from './uplink.ts';

/** How often CPU totals are told. */
const USAGE_EVERY_MS = 15_000;
/** How long a goodbye may take. */
const BYE_MS = 1_000;
/** How long sessions that are stopped at the end may take: the host escalates within 10 s. */
const STOP_SESSIONS_MS = 14_000;

/** Exit codes of `village runner start`. */
export const RUNNER_EXIT = { ok: 0, failed: 1, locked: 3, refused: 4 } as const;

export interface RunnerOptions {
	dataDir: string;
	/** How `village` is started, such as `[process.execPath, '/…/bin/village.js']`. */
	program: readonly string[];
	/** Program and arguments of a session host for a folder and a socket. */
	hostProgram(dir: string, socketPath: string): string[];
	/** Overrides what `runner.json` says. */
	identity?: RunnerIdentity;
	/** Ends the runner: it says goodbye, sessions stay with the session host. */
	signal: AbortSignal;
	/** Read when the runner ends: whether it stops its sessions first. */
	stopSessions?(): boolean;
	version: string;
	env?: NodeJS.ProcessEnv;
	onNote?(message: string): void;
	/** The server has welcomed us for the first time. */
	onReady?(status: RunnerStatus): void;
	timings?: Partial<LinkTimings> & { usageMs?: number };
	random?(): number;
	/** What is installed here; asked for when it is not given. */
	providers?: ProviderReport[];
	/** Most sessions at a time whatever the server says; below it the server's capacity decides, which people can change. */
	slots?: number;
}

/** The largest capacity a runner can be given (control-plane.md 18). */
const MAX_SLOTS = 100;

/** How a runner ended; `exitCode` as in `RUNNER_EXIT`. */
export interface RunnerEnd {
	exitCode: number;
	reason: string;
}

/** Runs until the signal fires, the server refuses us for good, or a drain is over. Never rejects. */
export async function runRunner(options: RunnerOptions): Promise<RunnerEnd> {
	const state = openStateDir(options.dataDir);
	const identity = options.identity ?? state.readIdentity();
	if (!identity)
		return {
			exitCode: RUNNER_EXIT.failed,
			reason: `no runner in ${state.root}: run "village runner join" first`
		};
	let lock: { release(): void };
	try {
		lock = lockRunner(state.root);
	} catch (error) {
		if (error instanceof RunnerLockedError)
			return { exitCode: RUNNER_EXIT.locked, reason: error.message };
		return { exitCode: RUNNER_EXIT.failed, reason: String(error) };
	}
	const close: (() => unknown)[] = [() => lock.release()];
	try {
		return await serve(options, state, identity, close);
	} catch (error) {
		return {
			exitCode: RUNNER_EXIT.failed,
			reason: error instanceof Error ? error.message : String(error)
		};
	} finally {
		for (const step of close.reverse()) await step();
	}
}

async function serve(
	options: RunnerOptions,
	state: ReturnType<typeof openStateDir>,
	identity: RunnerIdentity,
	close: (() => unknown)[]
): Promise<RunnerEnd> {
	const env = options.env ?? process.env;
	const note = (message: string) => options.onNote?.(message);
	const bootId = randomUUID();
	const startedAt = new Date().toISOString();
	let credential = identity.credential;
	let mode: RunnerStatus['mode'] = 'active';
	/** Set by `village runner drain`: when the last session has ended, the runner ends. */
	let leaving: RunnerBye['reason'] | null = null;
	let spoolBytes = 0;
	let ready = false;
	let host: HostLink | null = null;
	let uplink: Uplink | null = null;
	let finish!: (end: { reason: RunnerBye['reason']; refused?: LinkEnd }) => void;
	const finished = new Promise<Parameters<typeof finish>[0]>((resolve) => (finish = resolve));

	writeShim(state.binDir, options.program);
	const machine = { env, program: options.program };
	const reports = options.providers ?? (await detectProviders(machine));
	const load = createLoadMeter(state.root);

	const lock = createMutex();
	/** Ends what is under way for nobody in particular when the runner ends. */
	const ending = new AbortController();
	close.push(() => ending.abort());
	const surveyor = {
		state,
		from: env,
		allowLocal: identity.allowLocal,
		lock,
		signal: ending.signal
	};

	const sessions: Sessions = createSessions({
		state,
		from: env,
		program: options.program,
		allowLocal: identity.allowLocal,
		lock,
		host: () => host?.client ?? null,
		push: (message) => uplink?.push(message),
		sendBytes: (frame) => uplink?.sendBytes(frame) ?? false,
		ackInput: (streamId, offset) => uplink?.ackInput(streamId, offset),
		nackInput: (streamId, offset) => uplink?.nackInput(streamId, offset),
		sendError: (code, message, about) => uplink?.sendError(code, message, about),
		connected: () => uplink?.connected ?? false,
		roomForWork: () => (uplink?.backlog ?? 0) < OUTBOX_SOFT,
		capacity: options.slots ?? MAX_SLOTS,
		accepting: () => mode === 'active' && leaving === null && !options.signal.aborted,
		reports: () => reports,
		onNote: note,
		onIdle: endWhenDrained
	});
	close.push(() => sessions.close());
	const inspector = createInspector({
		find: sessions.workspaceOf,
		state,
		lock,
		from: env,
		signal: ending.signal
	});

	function endWhenDrained(): void {
		if (leaving !== null && sessions.active().length === 0) finish({ reason: leaving });
	}

	function status(): RunnerStatus {
		return {
			runnerId: identity.runnerId,
			pid: process.pid,
			version: options.version,
			serverUrl: identity.serverUrl ?? identity.wsUrl,
			connected: uplink?.connected ?? false,
			mode: leaving === null ? mode : 'draining',
			startedAt,
			capacity: identity.capacity,
			sessions: sessions.active(),
			backlog: uplink?.backlog ?? 0,
			providers: reports.map(({ id, version, auth }) => ({
				id,
				...(version ? { version } : {}),
				auth
			}))
		};
	}

	const hello = (received: number): Hello => ({
		t: 'hello',
		protocol: RUNNER_PROTOCOL,
		minProtocol: RUNNER_PROTOCOL_MIN,
		runnerId: identity.runnerId,
		bootId,
		runnerVersion: options.version,
		hostname: hostname(),
		os: platform(),
		arch: arch(),
		startedAt,
		capacity: identity.capacity,
		features: identity.features,
		providers: reports,
		runtimeVersions: runtimeVersions(reports),
		allowLocal: identity.allowLocal,
		recv: { seq: received },
		sessions: sessions.held(),
		pendingApprovals: sessions.pendingApprovals()
	});

	function heartbeat(): Heartbeat {
		host?.client?.send({ t: 'stats', requestId: randomUUID() });
		return {
			t: 'heartbeat',
			timestamp: new Date().toISOString(),
			activeSessions: sessions.active(),
			load: load.read(),
			runtimeVersions: runtimeVersions(reports),
			spoolBytes
		};
	}

	// The uplink exists before the host answers, so that what the host holds is not lost on the way; its hello is sent
	// after the host has spoken, because `connect` is asynchronous and this function runs on without waiting for it.
	const socketPath = state.socketPath('host');
	const early: (() => void)[] = [];
	const withUplink = (run: () => void) => (uplink ? run() : early.push(run));
	host = await openHostLink({
		dir: state.hostDir,
		socketPath,
		spawn: options.hostProgram(state.hostDir, socketPath),
		runnerId: identity.runnerId,
		onWelcome: (welcome) => withUplink(() => sessions.hostWelcome(welcome)),
		onMessage(message) {
			if (message.t === 'stats_reply') spoolBytes = message.spoolBytes;
			withUplink(() => sessions.hostMessage(message));
		},
		onFrame: (frame) => withUplink(() => sessions.hostFrame(frame)),
		reading: () => uplink === null || uplink.sending,
		onDown: () => undefined,
		onReplaced: () => finish({ reason: 'shutdown' }),
		onNote: note
	});
	close.push(() => host?.close());

	uplink = openUplink({
		url: identity.wsUrl,
		credential: () => credential,
		received: state.readReceived(identity.runnerId),
		saveReceived: (seq) => state.writeReceived(identity.runnerId, seq),
		hello,
		heartbeat,
		onWelcome(welcome) {
			if (mode !== welcome.mode) note(`mode: ${welcome.mode}`);
			mode = welcome.mode;
			sessions.serverWelcome(welcome);
			if (!ready) options.onReady?.(status());
			ready = true;
		},
		onCommand(frame) {
			if (frame.t === 'runner.activate') mode = 'active';
			else if (frame.t === 'runner.drain') mode = 'draining';
			else if (frame.t === 'runner.maintenance') mode = 'maintenance';
			else if (frame.t === 'house.check')
				void checkHouse(surveyor, frame).then((answer) => {
					// Cut short by our own end: nobody was told, and whoever asked asks again.
					if (!ending.signal.aborted) uplink?.push(answerOf(frame, answer));
				});
			else if (frame.t === 'credentials.rotate') {
				credential = frame.credential;
				state.writeIdentity({ ...identity, credential });
			} else sessions.command(frame);
		},
		onQuestion: (question) =>
			void inspector.answer(question).then((answer) => uplink?.answer(answer)),
		onInput: sessions.input,
		onStreamAck: sessions.streamAck,
		onStreamNack: sessions.streamNack,
		onDown: sessions.serverDown,
		onAlive: sessions.renewLeases,
		onNote: note,
		onFull: (full) => (full ? host?.client?.pauseReading() : host?.client?.resumeReading()),
		...(options.timings ? { timings: options.timings } : {}),
		...(options.random ? { random: options.random } : {})
	});
	for (const run of early) run();
	void uplink.ended.then((end) =>
		finish({ reason: 'shutdown', ...(end.refused ? { refused: end } : {}) })
	);

	const usage = setInterval(
		() => void sessions.reportUsage(),
		options.timings?.usageMs ?? USAGE_EVERY_MS
	);
	close.push(() => clearInterval(usage));
	const control = await serveControl(state.socketPath('runner'), (request) => {
		if (request.do === 'status') return status();
		leaving = request.do === 'leave' ? 'left' : 'drained';
		setImmediate(endWhenDrained);
		return status();
	});
	close.push(() => control.close());

	const onAbort = () => finish({ reason: 'shutdown' });
	options.signal.addEventListener('abort', onAbort, { once: true });
	close.push(() => options.signal.removeEventListener('abort', onAbort));
	if (options.signal.aborted) onAbort();

	const end = await finished;
	if (end.refused) return { exitCode: RUNNER_EXIT.refused, reason: end.refused.reason };
	if (options.stopSessions?.()) await stopAll(sessions);
	if (uplink.connected) {
		uplink.push({ t: 'runner.bye', reason: end.reason });
		await uplink.drained(BYE_MS);
	}
	await uplink.close();
	if (end.reason === 'left') state.removeIdentity();
	return { exitCode: RUNNER_EXIT.ok, reason: end.reason };
}

/** Stops what runs and waits for it, but not for ever. */
async function stopAll(sessions: Sessions): Promise<void> {
	sessions.stopAll();
	const until = performance.now() + STOP_SESSIONS_MS;
	while (sessions.active().length > 0 && performance.now() < until)
		await new Promise((resolve) => setTimeout(resolve, 50));
}
