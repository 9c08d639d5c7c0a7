// Which processes belong to a village: those that carry its data directory in command line, environment or folder (Linux).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Found {
	pid: number;
	command: string;
}

function look(read: () => string): string {
	try {
		return read();
	} catch {
		return '';
	}
}

/** Living processes that carry `marker`, without this one. Zombies have no command line and do not count. */
export function processesOf(marker: string): Found[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.map((name) => ({
			pid: Number(name),
			command: look(() => readFileSync(`/proc/${name}/cmdline`, 'utf8'))
				.replaceAll('\0', ' ')
				.trim(),
			rest:
				look(() => readFileSync(`/proc/${name}/environ`, 'utf8')) +
				look(() => readlinkSync(`/proc/${name}/cwd`))
		}))
		.filter(({ command, rest }) => command !== '' && (command + rest).includes(marker))
		.map(({ pid, command }) => ({ pid, command }));
}

/** Living processes whose command line says all of `words`. */
export function processesSaying(marker: string, ...words: string[]): Found[] {
	return processesOf(marker).filter(({ command }) => words.every((word) => command.includes(word)));
}

export function kill9(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It ended by itself.
	}
}

/** `kill -9` of everything with the marker, again until nothing is left. */
export async function killAll(marker: string): Promise<void> {
	for (let i = 0; i < 50; i++) {
		const left = processesOf(marker);
		if (left.length === 0) return;
		for (const { pid } of left) kill9(pid);
		await sleep(20);
	}
}

/** Waits until `check` holds; throws with `what` after `ms`. */
export async function until(
	what: string,
	ms: number,
	check: () => boolean | Promise<boolean>
): Promise<void> {
	const end = Date.now() + ms;
	while (!(await check())) {
		if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
		await sleep(50);
	}
}
