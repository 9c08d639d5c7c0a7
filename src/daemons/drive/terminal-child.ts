// The agent's own program in the session's terminal: it gets the keyboard and the screen, the driver stays behind it.
import { spawn } from 'node:child_process';

export interface TerminalChild {
	readonly pid: number | undefined;
	/** How it ended; `code` 127 when it could not be started. Never rejects. */
	readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
	stop(signal: NodeJS.Signals): void;
}

/** Starts a program with this process's terminal. Signals the driver gets to end are passed on; ^C reaches both anyway. */
export function startInTerminal(
	argv: readonly string[],
	options: { cwd: string; env: NodeJS.ProcessEnv }
): TerminalChild {
	const child = spawn(argv[0]!, argv.slice(1), { ...options, stdio: 'inherit' });
	const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
	// The terminal's ^C, ^\ and ^Z are for the agent, which has it in the foreground.
	const ignore = (): void => undefined;
	const passed = ['SIGTERM', 'SIGHUP'] as const;
	const ignored = ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const;
	for (const name of passed) process.on(name, passOn);
	for (const name of ignored) process.on(name, ignore);
	const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
		child.on('error', (error) => {
			process.stderr.write(`${argv[0]}: ${error.message}\r\n`);
			resolve({ code: 127, signal: null });
		});
		child.on('exit', (code, signal) => resolve({ code, signal }));
	}).finally(() => {
		for (const name of passed) process.removeListener(name, passOn);
		for (const name of ignored) process.removeListener(name, ignore);
	});
	return { pid: child.pid, ended, stop: passOn };
}
