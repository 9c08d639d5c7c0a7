// opencode's server of one session: on a free port of the loopback address, behind a password that is only in environments.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openApi, type Api } from './api.ts';

/** How long it may take to listen: a program of 185 MB starts slowly on a busy machine. */
const LISTEN_MS = 90_000;
/** How long it may take to end by itself. */
const END_MS = 3_000;
const MAX_GREETING = 64 * 1024;
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;

export interface Server {
	url: string;
	api: Api;
	/** Aborted when the process has ended, for whatever reason. */
	gone: AbortSignal;
	/** The session's environment with what opens the server. */
	env: NodeJS.ProcessEnv;
	/** Ends the process, and resolves when it is gone. */
	stop(): Promise<void>;
}

/**
 * Starts a server and waits until it listens. Rejects when it does not start, and when it serves somebody without the
 * password.
 */
export async function startServer(
	program: readonly string[],
	options: { cwd: string; env: NodeJS.ProcessEnv }
): Promise<Server> {
	const password = randomBytes(32).toString('base64url');
	const secret = { OPENCODE_SERVER_PASSWORD: password, OPENCODE_SERVER_USERNAME: 'opencode' };
	const env = { ...options.env, ...secret };
	const argv = [...program.slice(1), 'serve', '--port', '0', '--hostname', '127.0.0.1'];
	const child = spawn(program[0]!, argv, {
		cwd: options.cwd,
		env,
		stdio: ['ignore', 'pipe', 'ignore']
	});
	const end = new AbortController();
	const ended = new Promise<void>((resolve) => {
		child.on('error', () => resolve());
		child.on('exit', () => resolve());
	}).then(() => end.abort());

	async function stop(): Promise<void> {
		child.kill('SIGTERM');
		const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
		await ended;
		clearTimeout(timer);
	}

	const url = await new Promise<string | null>((resolve) => {
		let greeting = '';
		const timer = setTimeout(() => resolve(null), LISTEN_MS);
		void ended.then(() => resolve(null)).finally(() => clearTimeout(timer));
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			if (greeting.length > MAX_GREETING) return;
			greeting += chunk;
			const [found] = ADDRESS.exec(greeting) ?? [];
			if (found === undefined) return;
			clearTimeout(timer);
			resolve(found);
		});
	});
	try {
		if (url === null) throw new Error('the server of opencode did not start');
		const stranger = await fetch(`${url}/session/status`, { redirect: 'error' });
		await stranger.body?.cancel();
		if (stranger.status !== 401)
			throw new Error('the server of opencode does not ask for its password');
		return { url, api: openApi(url, password), gone: end.signal, env, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
