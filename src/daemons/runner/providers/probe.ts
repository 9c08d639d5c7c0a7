// Asking an installed program about itself: where it is, its version, one documented check. Never a model call.
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { probeEnvironment } from '../environment.ts';

/** A program that has not answered after this long is taken for silent. */
export const PROBE_TIMEOUT_MS = 3000;

/** Most bytes read of an answer. */
const MAX_ANSWER = 64 * 1024;

/** Absolute path of a program on PATH, or null. A relative entry of PATH is never used. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): string | null {
	for (const dir of (env.PATH ?? '').split(':')) {
		if (!isAbsolute(dir)) continue;
		const path = join(dir, name);
		try {
			accessSync(path, constants.X_OK);
			if (statSync(path).isFile()) return path;
		} catch {
			// Not here.
		}
	}
	return null;
}

/** What a program answered; `code` is null when it was killed, for being silent or by a signal. */
export interface Answer {
	code: number | null;
	output: string;
}

/** Runs a program without a shell, without input, with a clean environment, for at most `timeoutMs`. */
export function ask(
	program: string,
	args: readonly string[],
	env: NodeJS.ProcessEnv,
	credentials: readonly string[] = [],
	timeoutMs = PROBE_TIMEOUT_MS
): Promise<Answer> {
	return new Promise((resolve) => {
		const child = execFile(
			program,
			[...args],
			{
				env: probeEnvironment(env, credentials),
				timeout: timeoutMs,
				killSignal: 'SIGKILL',
				maxBuffer: MAX_ANSWER,
				cwd: '/'
			},
			(error, stdout, stderr) => {
				const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
				resolve({ code, output: `${stdout}\n${stderr}` });
			}
		);
		child.stdin?.end();
	});
}

/** The version a program tells with `--version`, or undefined. */
export async function versionOf(
	program: string,
	env: NodeJS.ProcessEnv
): Promise<string | undefined> {
	const answer = await ask(program, ['--version'], env);
	return answer.code === 0 ? parseVersion(answer.output) : undefined;
}

/** First thing in a text that looks like a version. */
export function parseVersion(output: string): string | undefined {
	return /(?<![\d.])\d+\.\d+(?:\.\d+)?(?:[-+.][0-9A-Za-z.-]{1,40})?/.exec(output)?.[0];
}
