import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessTable } from './processes.ts';

/** The first sessions get a third of the weight of what a person works with; of many, each gets less, down to the least. */
const FIRST = 5;
const LEAST = 19;
const SESSIONS_PER_STEP = 5;

/** Niceness of one more session beside `live` others. One alone must not starve beside a busy desktop, a hundred must not starve a server. */
export const nicenessBeside = (live: number): number =>
	Math.min(LEAST, FIRST + Math.floor(live / SESSIONS_PER_STEP));

/** Linux changes one group in a tenth of a second, and the child needs a moment to have a group of its own. */
const RETRY_MS = 150;
const TRIES = 40;

/**
 * Puts what a session runs behind the control plane: forty builds on two cores must not make a key late. Two levels,
 * because Linux weighs Unix sessions against each other first (autogroups) where no cgroup does, and only then processes
 * by their niceness. What the machine refuses is left as it is; the session runs all the same.
 */
export async function runInBackground(
	pid: number,
	table: ProcessTable,
	niceness: number
): Promise<void> {
	try {
		setPriority(pid, niceness);
	} catch {
		// Gone already, or the host itself is nicer than this.
	}
	if (process.platform !== 'linux') return;
	for (let tries = 0; tries < TRIES; tries++) {
		const now = table.find(pid);
		if (!now || now.dead) return;
		try {
			// Before its setsid the group of the child is the host's.
			if (now.session === pid) return await writeFile(`/proc/${pid}/autogroup`, String(niceness));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
		}
		await sleep(RETRY_MS, undefined, { ref: false });
	}
}
