// Running git: without a shell, without prompts, without the runner's environment, without helpers that run commands.
import { spawn } from 'node:child_process';
import { probeEnvironment } from './environment.ts';

/** git answered with an error; `message` holds its last lines without anything that looks like a credential. */
export class GitError extends Error {
	override name = 'GitError';
	readonly code = 'GIT_FAILED';
	readonly exitCode: number | null;
	constructor(message: string, exitCode: number | null) {
		super(message);
		this.exitCode = exitCode;
	}
}

export interface GitOptions {
	cwd?: string;
	/** The runner's environment, from which only what git and ssh need is taken. */
	from: NodeJS.ProcessEnv;
	/** Kills git when it fires. */
	signal?: AbortSignal;
	timeoutMs?: number;
	/** More variables, such as GIT_INDEX_FILE. */
	env?: Record<string, string>;
	/** Keeps this many bytes of output and ends git there, instead of failing when it prints too much. */
	cutAt?: number;
}

/** Most bytes of output that are kept; more fails the call. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** A fetch that has not ended after this long is given up. */
const FETCH_TIMEOUT_MS = 15 * 60_000;

const SAFE = [
	'-c',
	'protocol.ext.allow=never',
	'-c',
	'protocol.file.allow=user',
	'-c',
	'core.hooksPath=/dev/null',
	'-c',
	'core.fsmonitor=false',
	'-c',
	'gc.auto=0',
	'-c',
	'maintenance.auto=false',
	'-c',
	'advice.detachedHead=false'
];

/** Runs git and answers its output as bytes. @throws GitError */
export function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const { from } = options;
		const child = spawn('git', [...SAFE, ...args], {
			cwd: options.cwd ?? '/',
			stdio: ['ignore', 'pipe', 'pipe'],
			// A group of its own: git starts ssh and helpers, and they must die with it.
			detached: true,
			env: {
				...probeEnvironment(from, [
					'SSH_AUTH_SOCK',
					'SSH_AGENT_PID',
					'https_proxy',
					'HTTPS_PROXY',
					'no_proxy',
					'NO_PROXY'
				]),
				GIT_TERMINAL_PROMPT: '0',
				GIT_ASKPASS: '',
				SSH_ASKPASS: '',
				GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oConnectTimeout=15',
				GIT_OPTIONAL_LOCKS: '0',
				...options.env
			}
		});
		const out: Buffer[] = [];
		let held = 0;
		let errors = '';
		let failure = '';
		let cut = false;

		function kill(reason: string): void {
			failure ||= reason;
			try {
				process.kill(-child.pid!, 'SIGKILL');
			} catch {
				// Gone already.
			}
		}
		const timer = setTimeout(
			() => kill('git took too long'),
			options.timeoutMs ?? FETCH_TIMEOUT_MS
		);
		const aborted = () => kill('stopped');
		options.signal?.addEventListener('abort', aborted, { once: true });
		if (options.signal?.aborted) aborted();

		child.stdout.on('data', (chunk: Buffer) => {
			held += chunk.length;
			const most = options.cutAt ?? MAX_OUTPUT;
			if (held <= most) return void out.push(chunk);
			if (options.cutAt === undefined) return kill('git printed too much');
			if (cut) return;
			cut = true;
			out.push(chunk.subarray(0, chunk.length - (held - most)));
			kill('');
		});
		child.stderr.on(
			'data',
			(chunk: Buffer) => (errors = (errors + chunk.toString('utf8')).slice(-4000))
		);
		child.on('error', (error) => (failure ||= error.message));
		child.on('close', (code) => {
			clearTimeout(timer);
			options.signal?.removeEventListener('abort', aborted);
			if ((code === 0 || cut) && failure === '') return resolve(Buffer.concat(out));
			reject(new GitError(failure || tidy(errors) || `git ${args[0]} failed`, code));
		});
	});
}

/** Runs git and answers its output as trimmed text. @throws GitError */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
	return (await gitBytes(args, options)).toString('utf8').trim();
}

/** The last lines of an error, fit to be shown: one line, no credentials of a redirect. */
function tidy(errors: string): string {
	return errors
		.replace(/\/\/[^/@\s]+@/g, '//')
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '')
		.slice(-3)
		.join(' · ')
		.slice(0, 500);
}
