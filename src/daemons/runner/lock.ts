// One runner per folder. The lock names a process; one that is gone, or whose number was given to another, does not count.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another runner works in this folder. */
export class RunnerLockedError extends Error {
	override name = 'RunnerLockedError';
	readonly code = 'RUNNER_LOCKED';
	readonly pid: number;
	constructor(pid: number, dir: string) {
		super(`another runner (process ${pid}) works in ${dir}`);
		this.pid = pid;
	}
}

/** When a process was started, as text that differs for two processes with the same number; null: not running. */
export function startMark(pid: number): string | null {
	try {
		process.kill(pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
	}
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		// Killed, but not collected by its parent: containers without an init keep such entries for ever.
		return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
	} catch {
		try {
			return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
		} catch {
			return 'unknown';
		}
	}
}

/**
 * Takes the folder for this process.
 * @throws RunnerLockedError when a live runner holds it
 */
export function lockRunner(dir: string): { release(): void } {
	const file = join(dir, 'runner.lock');
	const mine = `${process.pid} ${startMark(process.pid) ?? ''}`;
	for (let turn = 0; ; turn++) {
		try {
			writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
			break;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		}
		const [pidText = '', mark = ''] = readFileSync(file, 'utf8').split(/ (.*)/s);
		const pid = Number(pidText);
		const alive = Number.isInteger(pid) && pid > 0 ? startMark(pid) : null;
		// Between the creation of a lock and its content there is a moment in which it is empty.
		if ((alive !== null && (alive === mark || mark === '')) || (pidText === '' && turn < 3))
			throw new RunnerLockedError(pid, dir);
		rmSync(file, { force: true });
	}
	return {
		release() {
			try {
				if (readFileSync(file, 'utf8') === mine) rmSync(file, { force: true });
			} catch {
				// Gone already: somebody removed the folder.
			}
		}
	};
}
