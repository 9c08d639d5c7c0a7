// One process per data directory: PGlite has no lock of its own, and two writers would destroy the cluster.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';

/** The database is held by another server process. `holder` is its pid when it is known. */
export class DatabaseInUseError extends Error {
	override name = 'DatabaseInUseError';
	readonly holder: number | null;
	constructor(message: string, holder: number | null) {
		super(message);
		this.holder = holder;
	}
}

export interface Lock {
	release(): void;
}

interface Holder {
	pid: number;
	/** Kernel start time of the process, so that a reused pid is not taken for the holder. */
	started: string | null;
	bootId: string;
}

/** Takes the lock file, or throws `DatabaseInUseError`. A lock left by a dead process is taken over. */
export function acquireLock(path: string): Lock {
	const bootId = randomUUID();
	const mine = JSON.stringify({ pid: process.pid, started: startTime(process.pid), bootId });
	for (let attempt = 0; attempt < 3; attempt++) {
		try {
			const fd = openSync(path, 'wx', 0o600);
			writeSync(fd, mine);
			closeSync(fd);
			return { release: () => release(path, bootId) };
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		}
		const holder = readHolder(path);
		if (holder && isAlive(holder))
			throw new DatabaseInUseError(
				`the data directory is in use by process ${holder.pid} (${path})`,
				holder.pid
			);
		// Moved aside first: of two processes that both see a stale lock, only one rename finds it.
		try {
			renameSync(path, `${path}.${bootId}`);
			rmSync(`${path}.${bootId}`);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
		}
	}
	throw new DatabaseInUseError(`the lock ${path} could not be taken`, null);
}

/** The living holder of a lock, or null. */
export function lockHolder(path: string): number | null {
	const holder = readHolder(path);
	return holder && isAlive(holder) ? holder.pid : null;
}

function release(path: string, bootId: string): void {
	if (readHolder(path)?.bootId === bootId) rmSync(path, { force: true });
}

function readHolder(path: string): Holder | null {
	try {
		return JSON.parse(readFileSync(path, 'utf8')) as Holder;
	} catch {
		return null;
	}
}

function isAlive(holder: Holder): boolean {
	try {
		process.kill(holder.pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
	return holder.started === null || startTime(holder.pid) === holder.started;
}

/** Killed, but not collected by its parent: containers without an init keep such entries for ever. */
const ENDED = new Set(['Z', 'X']);

/** Field 22 of /proc/<pid>/stat (Linux); null elsewhere. */
function startTime(pid: number): string | null {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return ENDED.has(fields[0] ?? '') ? null : (fields[19] ?? null);
	} catch {
		return null;
	}
}
