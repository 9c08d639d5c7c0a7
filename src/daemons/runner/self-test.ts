// What a newly joined runner tries before it says that all is well.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { ask, findProgram } from './providers/probe.ts';
import { findShell } from './providers/shell.ts';

/** One thing that was tried. */
export interface Check {
	name: string;
	ok: boolean;
	detail: string;
}

/** Tries what sessions need. Takes at most a few seconds and leaves nothing behind. */
export async function selfTest(env: NodeJS.ProcessEnv, dataDir: string): Promise<Check[]> {
	return Promise.all([gitCheck(env), shellCheck(env), folderCheck(dataDir)]);
}

async function gitCheck(env: NodeJS.ProcessEnv): Promise<Check> {
	const path = findProgram('git', env);
	if (!path)
		return { name: 'git', ok: false, detail: 'not installed: only local folders can be used' };
	const answer = await ask(path, ['--version'], env);
	return { name: 'git', ok: answer.code === 0, detail: answer.output.trim().slice(0, 100) };
}

function shellCheck(env: NodeJS.ProcessEnv): Promise<Check> {
	const shell = findShell(env);
	return new Promise((resolve) => {
		const child = spawn(shell, ['-c', 'exit 42'], {
			stdio: 'ignore',
			timeout: 3000,
			env: { PATH: env.PATH ?? '' }
		});
		child.on('error', (error) => resolve({ name: 'shell', ok: false, detail: error.message }));
		child.on('close', (code) => resolve({ name: 'shell', ok: code === 42, detail: shell }));
	});
}

function folderCheck(dir: string): Promise<Check> {
	try {
		accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
		return Promise.resolve({ name: 'folder', ok: true, detail: dir });
	} catch (error) {
		return Promise.resolve({ name: 'folder', ok: false, detail: String(error) });
	}
}
