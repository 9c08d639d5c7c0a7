// A real runner in this process with a real session host, for tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SessionStart, StartSpec } from '#protocol/runner/session-start.ts';
import { runSessionHost, type SessionHost } from '../../session-host/main.ts';
import { runRunner, type RunnerEnd, type RunnerOptions } from '../run.ts';
import { openStateDir } from '../state-dir.ts';
import { openControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';

/** An empty folder with a short path, deleted after the test. */
export function makeFolder(): string {
	const dir = mkdtempSync(join(tmpdir(), 'vr-'));
	onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
	return dir;
}

/** A session host for a runner's folder, closed after the test. */
export async function openHostFor(dataDir: string): Promise<SessionHost> {
	const state = openStateDir(dataDir);
	const host = await runSessionHost({
		dir: state.hostDir,
		socketPath: state.socketPath('host'),
		stopTimes: { termMs: 150, killMs: 400, leftoverMs: 200 }
	});
	onTestFinished(() => host.close());
	return host;
}

export interface TestRunner {
	dataDir: string;
	notes: string[];
	/** Ends the runner as SIGTERM does. */
	stop(): Promise<RunnerEnd>;
	ended: Promise<RunnerEnd>;
}

/** Starts a runner; the host must be there. Ended after the test. */
export function startRunner(
	plane: Pick<ControlPlane, 'url'>,
	dataDir: string,
	options: Partial<RunnerOptions> & { allowLocal?: string[]; capacity?: number } = {}
): TestRunner {
	const abort = new AbortController();
	const notes: string[] = [];
	const ended = runRunner({
		dataDir,
		program: [process.execPath, '-e', 'process.exit(9)'],
		hostProgram: () => [process.execPath, '-e', 'process.exit(9)'],
		identity: {
			runnerId: 'runner-1',
			credential: 'avr_runner-1_secret',
			wsUrl: plane.url,
			capacity: options.capacity ?? 3,
			features: [],
			allowLocal: options.allowLocal ?? []
		},
		signal: abort.signal,
		version: '0.0.0-test',
		env: { PATH: process.env.PATH, HOME: dataDir, SHELL: '/bin/sh' },
		timings: { backoffBaseMs: 20, backoffCapMs: 100, usageMs: 200 },
		onNote: (note) => notes.push(note),
		...options
	});
	const stop = () => {
		abort.abort();
		return ended;
	};
	onTestFinished(async () => void (await stop()));
	return { dataDir, notes, stop, ended };
}

let streams = 100;

/** A start command with everything filled in. */
export function startFrame(
	sessionId: string,
	spec: Partial<StartSpec>,
	more: Partial<SessionStart> = {}
): Omit<SessionStart, 'seq'> {
	return {
		t: 'session.start',
		sessionId,
		attempt: 1,
		streamId: ++streams,
		spec: {
			providerId: 'custom',
			mode: 'pty',
			worktree: true,
			env: {},
			cols: 80,
			rows: 24,
			timeoutMs: 60_000,
			versions: {},
			features: [],
			approvals: { timeoutMs: 60_000, onDeny: 'continue' },
			...spec
		},
		...more
	};
}

/** A control plane, a session host and a runner that is connected. */
export async function setUp(options: ControlPlaneOptions & Parameters<typeof startRunner>[2] = {}) {
	const plane = await openControlPlane(options);
	const dataDir = makeFolder();
	const host = await openHostFor(dataDir);
	const runner = startRunner(plane, dataDir, options);
	await plane.next('hello');
	return { plane, dataDir, host, runner };
}
