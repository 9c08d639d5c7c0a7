import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ProcessTable } from './processes.ts';

const Owner = z.object({ pid: z.int(), startTime: z.string(), bootId: z.string() });

/** Another living host has this folder. */
export class HostLockedError extends Error {
	override name = 'HostLockedError';
	readonly code = 'HOST_LOCKED';
	readonly pid: number;
	constructor(pid: number) {
		super(`a session host already runs on this folder (pid ${pid})`);
		this.pid = pid;
	}
}

/** Tells one boot of this machine from another. */
export function readBootId(): string {
	try {
		return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
	} catch {
		return 'unknown';
	}
}

/**
 * Takes the folder, from a dead owner too; returns how to give it back. The owner is known by pid and
 * start time, so a pid that was given to another process holds nothing. Throws HostLockedError.
 */
export function takeLock(dir: string, table: ProcessTable): () => void {
	mkdirSync(dir, { recursive: true, mode: 0o700 });
	const path = join(dir, 'host.lock');
	const mine = `${path}.${process.pid}`;
	const text = JSON.stringify({
		pid: process.pid,
		startTime: table.find(process.pid)?.startTime ?? '',
		bootId: readBootId()
	});
	writeFileSync(mine, text, { mode: 0o600 });
	try {
		for (;;) {
			try {
				// A link appears whole or not at all.
				linkSync(mine, path);
				return () => {
					if (read(path) === text) rmSync(path, { force: true });
				};
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
			}
			const found = read(path);
			if (found === null) continue;
			const owner = livingOwner(found, table);
			if (owner !== null) throw new HostLockedError(owner);
			removeStale(path, found);
		}
	} finally {
		rmSync(mine, { force: true });
	}
}

function livingOwner(text: string, table: ProcessTable): number | null {
	try {
		const owner = Owner.parse(JSON.parse(text));
		const now = owner.bootId === readBootId() ? table.find(owner.pid) : null;
		return now && !now.dead && now.startTime === owner.startTime ? owner.pid : null;
	} catch {
		return null;
	}
}

/** Removes the lock if it is still the one that was read; another starter may have been faster. */
function removeStale(path: string, stale: string): void {
	const aside = `${path}.${process.pid}.stale`;
	try {
		renameSync(path, aside);
		if (read(aside) !== stale) linkSync(aside, path);
	} catch {
		// Somebody else was faster: look again.
	}
	rmSync(aside, { force: true });
}

function read(path: string): string | null {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return null;
	}
}
