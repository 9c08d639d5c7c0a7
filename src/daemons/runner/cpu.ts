// CPU time of process trees, for usage totals. Linux only: elsewhere nobody knows, and null is said.
import { readdir, readFile } from 'node:fs/promises';

interface Process {
	pid: number;
	ppid: number;
	sid: number;
	/** Clock ticks of the process and of the children it has waited for. */
	ticks: number;
}

/** Clock ticks per second that /proc reports in; 100 on every Linux we run on. */
const TICKS_PER_SECOND = 100;

/** Reads one line of /proc/<pid>/stat; null when it is not one. */
export function parseStat(line: string): Process | null {
	const end = line.lastIndexOf(')');
	const fields = line.slice(end + 2).split(' ');
	const number = (i: number) => Number(fields[i]);
	const pid = Number.parseInt(line, 10);
	const ticks = number(11) + number(12) + number(13) + number(14);
	if (end < 0 || !Number.isInteger(pid) || !Number.isFinite(ticks)) return null;
	return { pid, ppid: number(1), sid: number(3), ticks };
}

/** Processes that belong to a root: the root, who descends from it, and who shares its session. */
export function membersOf(root: number, all: readonly Process[]): Process[] {
	const members = new Set([root]);
	for (let grown = true; grown;) {
		grown = false;
		for (const one of all)
			if (!members.has(one.pid) && (one.sid === root || members.has(one.ppid))) {
				members.add(one.pid);
				grown = true;
			}
	}
	return all.filter((one) => members.has(one.pid));
}

/** CPU milliseconds of several trees in one scan, by root; empty where /proc does not exist. */
export async function cpuOfTrees(roots: readonly number[]): Promise<Map<number, number>> {
	const all: Process[] = [];
	let names: string[];
	try {
		names = await readdir('/proc');
	} catch {
		return new Map();
	}
	for (const name of names) {
		if (!/^\d+$/.test(name)) continue;
		try {
			const one = parseStat(await readFile(`/proc/${name}/stat`, 'utf8'));
			if (one) all.push(one);
		} catch {
			// Gone between the listing and the reading.
		}
	}
	const result = new Map<number, number>();
	for (const root of roots) {
		const ticks = membersOf(root, all).reduce((sum, one) => sum + one.ticks, 0);
		if (ticks > 0 || all.some((one) => one.pid === root))
			result.set(root, (ticks * 1000) / TICKS_PER_SECOND);
	}
	return result;
}
