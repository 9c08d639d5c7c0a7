import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One process as the system shows it. */
export interface ProcessInfo {
	pid: number;
	parent: number;
	/** Unix session id: the pid of the process that called setsid; 0 where it is not known. */
	session: number;
	/** Grows with time and tells two processes with one pid apart; only comparable on one boot. */
	startTime: string;
	stopped: boolean;
	dead: boolean;
}

/** Where processes are looked up; one per platform. */
export interface ProcessTable {
	/** A scan that begins after the call; callers that wait at the same time share one. */
	list(): Promise<ProcessInfo[]>;
	find(pid: number): ProcessInfo | null;
	/** Whether the process was started with this environment entry (`NAME=value`); false if unknown. */
	hasEnvironment(one: ProcessInfo, entry: string): boolean;
	/** Whether the process ignores SIGTERM, as interactive shells do; false if unknown. */
	ignoresTerm(pid: number): boolean;
}

/** Processes read in one turn: a machine may have thousands, and keys are waiting. */
const TURN = 200;
/** Signal 15 in a mask whose lowest bit is signal 1. */
const SIGTERM_BIT = 1n << 14n;

/** The table of this machine: /proc on Linux, `ps` elsewhere. */
export function openProcessTable(): ProcessTable {
	const table = process.platform === 'linux' ? procTable : psTable;
	return { ...table, list: shareScans(() => table.list()) };
}

/** A hundred sessions that end together must not scan the machine a hundred times each. */
function shareScans(scan: () => Promise<ProcessInfo[]>): () => Promise<ProcessInfo[]> {
	let running: Promise<ProcessInfo[]> | undefined;
	let next: Promise<ProcessInfo[]> | undefined;
	const begin = (): Promise<ProcessInfo[]> => {
		next = undefined;
		const own = scan().finally(() => {
			if (running === own) running = undefined;
		});
		running = own;
		return own;
	};
	// One that is under way may have passed what the caller asks about.
	return () => (running ? (next ??= running.then(begin, begin)) : begin());
}

/** What was read of an environment, for as long as the scan that found its process is in use. */
const environments = new WeakMap<ProcessInfo, Buffer>();

function readEnvironment(one: ProcessInfo): Buffer {
	let environment = environments.get(one);
	if (!environment) {
		try {
			environment = Buffer.concat([Buffer.alloc(1), readFileSync(`/proc/${one.pid}/environ`)]);
		} catch {
			environment = Buffer.alloc(0);
		}
		environments.set(one, environment);
	}
	return environment;
}

const procTable: ProcessTable = {
	async list() {
		const found: ProcessInfo[] = [];
		let read = 0;
		for (const name of readdirSync('/proc')) {
			const pid = Number(name);
			if (!Number.isInteger(pid)) continue;
			const info = readStat(pid);
			if (info) found.push(info);
			read += 1;
			if (read % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		return found;
	},
	find: readStat,
	hasEnvironment: (one, entry) => readEnvironment(one).includes(`\0${entry}\0`),
	ignoresTerm(pid) {
		try {
			const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(
				readFileSync(`/proc/${pid}/status`, 'latin1')
			)?.[1];
			return mask !== undefined && (BigInt(`0x${mask}`) & SIGTERM_BIT) !== 0n;
		} catch {
			return false;
		}
	}
};

function readStat(pid: number): ProcessInfo | null {
	let line: string;
	try {
		line = readFileSync(`/proc/${pid}/stat`, 'latin1');
	} catch {
		return null;
	}
	// The name, in parentheses, may itself hold spaces and parentheses: what follows the last one counts.
	const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
	const state = fields[0] ?? '';
	return {
		pid,
		parent: Number(fields[1]),
		session: Number(fields[3]),
		startTime: fields[19] ?? '',
		stopped: state === 'T' || state === 't',
		dead: state === 'Z' || state === 'X'
	};
}

const PS_COLUMNS = 'pid=,ppid=,sess=,stat=,lstart=';

const psTable: ProcessTable = {
	ignoresTerm: () => false,
	list: () => Promise.resolve(ps(['-A', '-o', PS_COLUMNS])),
	find: (pid) => ps(['-p', String(pid), '-o', PS_COLUMNS])[0] ?? null,
	hasEnvironment(one, entry) {
		try {
			const line = execFileSync('ps', ['-E', '-ww', '-p', String(one.pid), '-o', 'command='], {
				encoding: 'latin1',
				timeout: 2000,
				stdio: ['ignore', 'pipe', 'ignore']
			});
			return ` ${line.trimEnd()} `.includes(` ${entry} `);
		} catch {
			return false;
		}
	}
};

function ps(args: string[]): ProcessInfo[] {
	let text: string;
	try {
		text = execFileSync('ps', args, {
			encoding: 'latin1',
			timeout: 2000,
			stdio: ['ignore', 'pipe', 'ignore'],
			maxBuffer: 16 * 1024 * 1024
		});
	} catch {
		return [];
	}
	return text.split('\n').flatMap((line) => parsePsLine(line) ?? []);
}

/** One line of `ps -o pid=,ppid=,sess=,stat=,lstart=`; null when it is none. */
export function parsePsLine(line: string): ProcessInfo | null {
	const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
	if (!match) return null;
	const [, pid, parent, session, state, startTime] = match as unknown as string[];
	return {
		pid: Number(pid),
		parent: Number(parent),
		// macOS prints an address, not a pid: descent and environment find the members there.
		session: /^\d+$/.test(session ?? '') ? Number(session) : 0,
		startTime: startTime ?? '',
		stopped: (state ?? '').startsWith('T'),
		dead: (state ?? '').startsWith('Z')
	};
}
