// Starts and ends villages as a user does: through bin/village.js, knowing nothing of its inside.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { killAll } from './processes.ts';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const PROGRAM = join(ROOT, 'bin', 'village.js');

export interface Village {
	readonly url: string;
	readonly signInUrl: string;
	readonly dataDir: string;
	readonly process: ChildProcess;
	/** What it printed on standard error so far. */
	log(): string;
	/** First Ctrl-C; resolves with the exit code. */
	stop(): Promise<number | null>;
	/** Ends everything of it, session host included, and removes its data. */
	destroy(): Promise<void>;
}

export interface StartOptions {
	dataDir?: string;
	args?: string[];
	env?: Record<string, string>;
}

/** A data directory with a short path: sockets in it may have 103 bytes. */
export function newDataDir(): string {
	return mkdtempSync(join(tmpdir(), 'v-'));
}

/** The environment of a user: nothing of the test runner's reaches the village. */
export function userEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
	const { PATH, HOME, LANG, TMPDIR, TERM } = process.env;
	return {
		PATH,
		HOME,
		LANG,
		...(TMPDIR ? { TMPDIR } : {}),
		TERM: TERM ?? 'xterm-256color',
		VILLAGE_TEST: '1',
		VILLAGE_LOG_LEVEL: 'warn',
		...extra
	};
}

/** Runs `village up` and waits for its ready line. Rejects with what it printed when it ends before. */
export async function startVillage(options: StartOptions = {}): Promise<Village> {
	const dataDir = options.dataDir ?? newDataDir();
	const child = spawn(
		process.execPath,
		[
			PROGRAM,
			'up',
			'--json',
			'--port',
			'0',
			'--data-dir',
			dataDir,
			'--no-open',
			...(options.args ?? [])
		],
		{ env: userEnvironment(options.env), stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() }
	);
	let errors = '';
	child.stderr
		.setEncoding('utf8')
		.on('data', (text: string) => (errors = (errors + text).slice(-64_000)));
	const ready = await new Promise<{ url: string; signInUrl: string; dataDir: string }>(
		(resolve, reject) => {
			const lines = createInterface({ input: child.stdout });
			let said = '';
			lines.on('line', (line) => {
				said = (said + line + '\n').slice(-64_000);
				if (!line.startsWith('{')) return;
				const event = JSON.parse(line) as {
					event?: string;
					url: string;
					signInUrl: string;
					dataDir: string;
				};
				if (event.event === 'ready') resolve(event);
			});
			child.once('exit', (code, signal) =>
				reject(new Error(`village up ended with ${code ?? signal}\n${said}\n${errors}`))
			);
			child.once('error', reject);
		}
	);
	return {
		...ready,
		process: child,
		log: () => errors,
		async stop() {
			if (child.exitCode === null && child.signalCode === null) {
				child.kill('SIGINT');
				await once(child, 'exit');
			}
			return child.exitCode;
		},
		async destroy() {
			child.kill('SIGKILL');
			await killAll(dataDir);
			rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
		}
	};
}

/** Runs one command of the program to its end. */
export function village(
	args: string[],
	options: { env?: Record<string, string>; input?: string; timeoutMs?: number } = {}
): { code: number | null; stdout: string; stderr: string } {
	const result = spawnSync(process.execPath, [PROGRAM, ...args], {
		env: userEnvironment(options.env),
		encoding: 'utf8',
		input: options.input ?? '',
		timeout: options.timeoutMs ?? 30_000,
		cwd: tmpdir()
	});
	return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}

/** A token from the running village, or from its closed database. */
export function createToken(dataDir: string, role: 'owner' | 'operator' | 'viewer'): string {
	const result = village(['token', 'create', '--role', role, '--json', '--data-dir', dataDir]);
	if (result.code !== 0) throw new Error(`token create: ${result.stderr}`);
	return (JSON.parse(result.stdout) as { token: string }).token;
}
