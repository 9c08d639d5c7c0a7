import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessInfo, ProcessTable } from './processes.ts';

/** Scans in which a suspended tree must come to rest (control-plane.md 4.3). */
const PAUSE_ROUNDS = 5;
const PAUSE_ROUND_MS = 5;

export interface ProcessTree {
	/** Every living member, parents before children. */
	members(): Promise<ProcessInfo[]>;
	/** SIGSTOP until one scan finds no running member; false (and all let go) when it never does. */
	suspend(): Promise<boolean>;
	/** SIGCONT to what `suspend` stopped, in reverse order; jobs a person had stopped stay stopped. */
	resume(): Promise<void>;
	/** Signals every member; returns how many there were. */
	signal(name: NodeJS.Signals): Promise<number>;
	/** SIGTERM to every member; a shell that ignores it is told that its terminal is gone. */
	terminate(): Promise<void>;
}

/**
 * The processes of one session: all whose Unix session is the root's, all that descend from it, and
 * all that carry its mark in their environment, which also finds those that called setsid and forked
 * twice. Signals never go to pid 0 or 1, to ourselves, or to a pid that has a new owner.
 */
export function createTree(options: {
	table: ProcessTable;
	/** The child that was started; absent when it is unknown (a host died before it wrote it down). */
	root?: { pid: number; startTime: string };
	/** Environment entries, `NAME=value`, that only processes of this attempt have. */
	marks: string[];
}): ProcessTree {
	const { table, root } = options;
	let suspended: ProcessInfo[] = [];
	let sessionGone = false;

	async function members(): Promise<ProcessInfo[]> {
		const all = (await table.list()).filter((one) => !one.dead);
		const leader = root && all.find((one) => one.pid === root.pid);
		// Once no process of the Unix session is left its number may be given to a stranger.
		if (root && leader && leader.startTime !== root.startTime) sessionGone = true;
		const found = new Map<number, ProcessInfo>();
		let ofSession = 0;
		for (const one of all) {
			const inSession = !sessionGone && root !== undefined && one.session === root.pid;
			const isRoot = !sessionGone && one === leader;
			if (inSession || isRoot) ofSession += 1;
			const ours =
				inSession || isRoot || options.marks.every((entry) => table.hasEnvironment(one, entry));
			if (ours && isAllowed(one.pid)) found.set(one.pid, one);
		}
		if (ofSession === 0) sessionGone = true;
		return withDescendants(all, found);
	}

	function send(one: ProcessInfo, name: NodeJS.Signals): void {
		const now = table.find(one.pid);
		if (!isAllowed(one.pid) || now?.startTime !== one.startTime) return;
		try {
			process.kill(one.pid, name);
		} catch {
			// Gone in between, or another user's: the next scan tells.
		}
	}

	async function resume(): Promise<void> {
		const reverse = suspended.toReversed();
		suspended = [];
		for (const one of reverse) send(one, 'SIGCONT');
	}

	return {
		members,
		async suspend() {
			for (let round = 0; round <= PAUSE_ROUNDS; round += 1) {
				const running = (await members()).filter((one) => !one.stopped);
				if (running.length === 0) return true;
				if (round === PAUSE_ROUNDS) break;
				for (const one of running) {
					send(one, 'SIGSTOP');
					if (!suspended.some((known) => known.pid === one.pid)) suspended.push(one);
				}
				await sleep(PAUSE_ROUND_MS * (round + 1));
			}
			await resume();
			return false;
		},
		resume,
		async terminate() {
			for (const one of await members()) {
				send(one, 'SIGTERM');
				if (table.ignoresTerm(one.pid)) send(one, 'SIGHUP');
			}
		},
		async signal(name) {
			const all = await members();
			for (const one of all) send(one, name);
			return all.length;
		}
	};
}

function isAllowed(pid: number): boolean {
	return Number.isInteger(pid) && pid > 1 && pid !== process.pid;
}

/** Adds all descendants; parents come before their children. */
function withDescendants(all: ProcessInfo[], found: Map<number, ProcessInfo>): ProcessInfo[] {
	const children = new Map<number, ProcessInfo[]>();
	for (const one of all) {
		const siblings = children.get(one.parent);
		if (siblings) siblings.push(one);
		else children.set(one.parent, [one]);
	}
	const ordered = new Map<number, ProcessInfo>();
	const visit = (one: ProcessInfo): void => {
		if (ordered.has(one.pid) || !isAllowed(one.pid)) return;
		ordered.set(one.pid, one);
		for (const child of children.get(one.pid) ?? []) visit(child);
	};
	for (const one of found.values()) if (!found.has(one.parent)) visit(one);
	for (const one of found.values()) visit(one);
	return [...ordered.values()];
}
