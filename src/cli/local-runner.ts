// The runner that `village up` starts beside the server: enrolled once, kept alive, ended with its session host.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { joinVillage } from '#daemons/runner/enrol.ts';
import { startMark } from '#daemons/runner/lock.ts';
import { openStateDir, type RunnerIdentity } from '#daemons/runner/state-dir.ts';
import { callAdmin } from '#server/admin/call.ts';
import { packageRoot, packageVersion } from '#server/package-root.ts';
import { CommandError, EXIT } from './usage.ts';

export interface LocalRunner {
	readonly runnerId: string;
	/** Resolves when the server sees it online. Throws `CommandError` when it does not come. */
	online(): Promise<void>;
	/** Ends runner and session host; sessions that are still there end with it. */
	close(): Promise<void>;
	/** The same without any patience. */
	kill(): Promise<void>;
}

/** Secrets of the server that no other process needs. */
const SERVER_SECRETS = ['DATABASE_URL', 'VILLAGE_SECRET', 'VILLAGE_METRICS_TOKEN'];
const ONLINE_MS = 30_000;
const POLL_MS = 50;
const BACKOFF_MS = { first: 500, most: 10_000 };
/** A runner that lived this long had no trouble starting. */
const STEADY_MS = 60_000;
const RUNNER_MS = 2_500;
const HOST_MS = 1_500;
const KILL_MS = 200;

/** Enrols (the first time) and starts the runner of a data directory whose server answers at `url`. */
export async function startLocalRunner(options: {
	dataDir: string;
	url: string;
	allowLocal: string[];
	onNote: (text: string) => void;
}): Promise<LocalRunner> {
	const dir = join(options.dataDir, 'runner');
	const state = openStateDir(dir);
	await endOrphan(dir);
	const identity = await enrol(options, state);
	const log = openSync(join(dir, 'runner.log'), 'a', 0o600);
	let child: ChildProcess | null = null;
	let closing = false;
	let backoff = BACKOFF_MS.first;

	function start(): void {
		const startedAt = performance.now();
		const program = join(packageRoot(), 'bin', 'village.js');
		const env = { ...process.env };
		for (const name of SERVER_SECRETS) delete env[name];
		child = spawn(process.execPath, [program, 'runner', 'start', '--data-dir', dir], {
			// Its own group: Ctrl-C at our terminal must reach it through us, in order.
			detached: true,
			stdio: ['ignore', log, log],
			env
		});
		child.once('error', (error) => options.onNote(`the runner did not start: ${error.message}`));
		child.once('exit', (code, signal) => {
			child = null;
			if (closing) return;
			if (performance.now() - startedAt > STEADY_MS) backoff = BACKOFF_MS.first;
			options.onNote(
				`the runner ended (${code ?? signal}); it starts again in ${backoff / 1000} s (see ${dir}/runner.log)`
			);
			setTimeout(() => closing || start(), backoff).unref();
			backoff = Math.min(backoff * 2, BACKOFF_MS.most);
		});
	}
	start();

	async function end(runnerMs: number, hostMs: number): Promise<void> {
		closing = true;
		if (child?.pid) await endProcess(child.pid, runnerMs);
		const host = hostPid(dir);
		if (host !== null) await endProcess(host, hostMs);
		closeSync(log);
	}
	let ending: Promise<void> | null = null;

	return {
		runnerId: identity.runnerId,
		async online() {
			const until = performance.now() + ONLINE_MS;
			while (performance.now() < until) {
				if ((await statusOf(options.dataDir, identity.runnerId)) === 'online') return;
				await sleep(POLL_MS);
			}
			throw new CommandError(
				EXIT.failed,
				`the local runner did not come online; ${dir}/runner.log says why`
			);
		},
		close: () => (ending ??= end(RUNNER_MS, HOST_MS)),
		async kill() {
			closing = true;
			const pids = [child?.pid ?? null, hostPid(dir)].filter((pid) => pid !== null);
			await Promise.all(pids.map((pid) => endProcess(pid, KILL_MS)));
		}
	};
}

type StateDir = ReturnType<typeof openStateDir>;

/** The identity on disk, told where the server is today; or a new one, by a one-use code from the server. */
async function enrol(
	options: { dataDir: string; url: string; allowLocal: string[] },
	state: StateDir
): Promise<RunnerIdentity> {
	const known = state.readIdentity();
	if (known && (await statusOf(options.dataDir, known.runnerId)) !== null) {
		const identity = {
			...known,
			// The port may be another one than yesterday.
			wsUrl: `${options.url.replace(/^http/, 'ws')}/ws/runner`,
			serverUrl: options.url,
			allowLocal: [...new Set([...known.allowLocal, ...options.allowLocal])]
		};
		state.writeIdentity(identity);
		return identity;
	}
	const answered = await callAdmin(options.dataDir, 'join-code', { label: 'this machine' });
	if (!answered) throw new CommandError(EXIT.failed, 'the server does not answer');
	const { joinToken } = answered.result as { joinToken: string };
	const joined = await joinVillage(new URL(options.url), joinToken, {
		runnerVersion: packageVersion()
	});
	const identity: RunnerIdentity = {
		...joined,
		wsUrl: `${options.url.replace(/^http/, 'ws')}/ws/runner`,
		serverUrl: options.url,
		capacity: known?.capacity ?? 5,
		features: known?.features ?? [],
		allowLocal: [...new Set([...(known?.allowLocal ?? []), ...options.allowLocal])]
	};
	state.writeIdentity(identity);
	await callAdmin(options.dataDir, 'runner.mark-local', { runnerId: joined.runnerId });
	return identity;
}

/** The server's word for a runner; null when it knows none with that id. */
async function statusOf(dataDir: string, runnerId: string): Promise<string | null> {
	const answered = await callAdmin(dataDir, 'runner.list');
	const runners = (answered?.result ?? []) as { id: string; status: string }[];
	return runners.find((runner) => runner.id === runnerId)?.status ?? null;
}

/** Ends a runner that outlived a killed `up`. Its session host, and with it every session, stays for the next runner. */
async function endOrphan(dir: string): Promise<void> {
	let text: string;
	try {
		text = readFileSync(join(dir, 'runner.lock'), 'utf8');
	} catch {
		return;
	}
	const [pidText = '', mark = ''] = text.split(/ (.*)/s);
	const pid = Number(pidText);
	if (!Number.isInteger(pid) || pid <= 1 || startMark(pid) !== mark) return;
	await endProcess(pid, RUNNER_MS);
}

/** The living session host of a runner's folder. */
export function hostPid(dir: string): number | null {
	try {
		const owner = JSON.parse(readFileSync(join(dir, 'host', 'host.lock'), 'utf8')) as {
			pid: number;
		};
		if (startMark(owner.pid) === null) return null;
		return isSessionHost(owner.pid) ? owner.pid : null;
	} catch {
		return null;
	}
}

/** Whether a process is what its lock says; where that cannot be known it is believed. */
function isSessionHost(pid: number): boolean {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('session-host');
	} catch {
		return process.platform !== 'linux';
	}
}

/** SIGTERM, and SIGKILL when the process is still there after `patienceMs`. */
async function endProcess(pid: number, patienceMs: number): Promise<void> {
	const mark = startMark(pid);
	if (mark === null) return;
	const signal = (name: NodeJS.Signals) => {
		try {
			process.kill(pid, name);
		} catch {
			// It ended by itself just now.
		}
	};
	const gone = async (ms: number) => {
		const until = performance.now() + ms;
		while (performance.now() < until) {
			if (startMark(pid) !== mark) return true;
			await sleep(20);
		}
		return false;
	};
	signal('SIGTERM');
	if (await gone(patienceMs)) return;
	signal('SIGKILL');
	await gone(200);
}
