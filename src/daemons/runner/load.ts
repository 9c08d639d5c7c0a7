// How busy this machine is, for the heartbeat.
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import type { Heartbeat } from '#protocol/runner/heartbeat.ts';

/** Reads the load since the last call; the first call has no CPU figure yet and answers 0. */
export function createLoadMeter(dir: string): { read(): Heartbeat['load'] } {
	let last = cpuTimes();
	let diskPercent = 0;
	void measureDisk();

	async function measureDisk(): Promise<void> {
		try {
			const fs = await statfs(dir);
			diskPercent = percent(fs.blocks - fs.bavail, fs.blocks);
		} catch {
			// A folder that cannot be asked keeps its last figure.
		}
	}

	return {
		read() {
			const now = cpuTimes();
			const cpuPercent = percent(now.busy - last.busy, now.all - last.all);
			last = now;
			void measureDisk();
			return { cpuPercent, memoryPercent: memory(), diskPercent };
		}
	};
}

function cpuTimes(): { busy: number; all: number } {
	let busy = 0;
	let all = 0;
	for (const { times } of cpus()) {
		const sum = times.user + times.nice + times.sys + times.irq + times.idle;
		all += sum;
		busy += sum - times.idle;
	}
	return { busy, all };
}

function memory(): number {
	try {
		// What the kernel could give away counts as free; `freemem` does not see that.
		const info = readFileSync('/proc/meminfo', 'utf8');
		const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(info)?.[1]) * 1024;
		if (Number.isFinite(available)) return percent(totalmem() - available, totalmem());
	} catch {
		// Not Linux.
	}
	return percent(totalmem() - freemem(), totalmem());
}

function percent(part: number, whole: number): number {
	if (!(whole > 0)) return 0;
	return Math.round(Math.min(100, Math.max(0, (100 * part) / whole)) * 10) / 10;
}
