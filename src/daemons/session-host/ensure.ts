import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostUnreachableError } from './client.ts';
import { jsonFrame } from './wire.ts';

/** A host busy for longer than this is asked again. */
const ANSWER_MS = 2000;

export interface EnsureHostOptions {
	/** The host's folder (spools, state, lock, log); made with mode 0700. */
	dir: string;
	/** Where it listens; a Unix socket path has at most 103 bytes. */
	socketPath: string;
	/** Program and arguments of a host for this dir, such as `[node, village.js, 'session-host', …]`. */
	spawn: string[];
	/** Environment of the host process; never handed on to sessions. Default: PATH and HOME. */
	env?: Record<string, string>;
	/** How long it may take to answer, default 10 s. */
	timeoutMs?: number;
}

/**
 * Makes sure that a host answers on the socket: starts one detached, with its output in `host.log`,
 * when none does. `started` says whether it did. Rejects with HostUnreachableError `NO_HOST`.
 */
export async function ensureHost(
	options: EnsureHostOptions
): Promise<{ started: boolean; pid?: number }> {
	if (await answers(options.socketPath)) return { started: false };
	mkdirSync(options.dir, { recursive: true, mode: 0o700 });
	const [program, ...args] = options.spawn;
	if (program === undefined) throw new HostUnreachableError('NO_HOST', 'no program was given');
	const log = openSync(join(options.dir, 'host.log'), 'a', 0o600);
	const child = spawn(program, args, {
		detached: true,
		stdio: ['ignore', log, log],
		cwd: options.dir,
		env: options.env ?? { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }
	});
	closeSync(log);
	let failure: string | undefined;
	child.on('error', (error) => (failure = error.message));
	child.on('exit', (code, signal) => (failure = `it exited with ${code ?? signal}`));
	child.unref();
	const until = Date.now() + (options.timeoutMs ?? 10_000);
	while (Date.now() < until) {
		if (await answers(options.socketPath)) {
			return { started: true, ...(child.pid === undefined ? {} : { pid: child.pid }) };
		}
		if (failure !== undefined) break;
		await sleep(20);
	}
	throw new HostUnreachableError(
		'NO_HOST',
		`the session host did not start: ${failure ?? 'no answer in time'} (see ${options.dir}/host.log)`
	);
}

/**
 * Whether a host is alive behind the socket. An accepted connection is not enough: the system still accepts some
 * for a host that was just killed, and a runner that believed them would start none.
 */
function answers(socketPath: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(socketPath);
		function end(answered: boolean): void {
			socket.destroy();
			resolve(answered);
		}
		socket.setTimeout(ANSWER_MS, () => end(false));
		socket.on('connect', () => socket.write(jsonFrame({ t: 'ping' })));
		socket.on('data', () => end(true));
		socket.on('error', () => end(false));
		socket.on('close', () => end(false));
	});
}
