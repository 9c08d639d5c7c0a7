// Rounds that alternate the candidates, medians with their spread, and what processes cost (Linux /proc).
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** A number with its direction and unit, one per round. */
export interface Samples {
	name: string;
	unit: string;
	values: number[];
}

export interface Row {
	bench: string;
	metric: string;
	/** Ours divided by the baseline's; null where a limit or a count is what matters. */
	ratio: { median: number; low: number; high: number } | null;
	against: string;
	ours: string;
	theirs: string;
	target: string;
	/** null: no target for this row. */
	met: boolean | null;
}

export function quantile(values: readonly number[], q: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	const at = (sorted.length - 1) * q;
	const low = sorted[Math.floor(at)] ?? NaN;
	const high = sorted[Math.ceil(at)] ?? NaN;
	return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Three significant digits. */
export function short(value: number): string {
	if (!Number.isFinite(value)) return '–';
	if (value === 0) return '0';
	const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
	return value.toFixed(Math.min(digits, 3));
}

/** Ratios of paired rounds: what one machine did in the same minute. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Row['ratio'] {
	const ratios = ours.map((value, i) => value / (theirs[i] ?? NaN)).filter(Number.isFinite);
	if (ratios.length === 0) return null;
	return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** Compares two lists of rounds and says whether the median ratio keeps the target. */
export function compare(
	bench: string,
	metric: string,
	unit: string,
	ours: readonly number[],
	against: string,
	theirs: readonly number[],
	target: { atMost?: number; atLeast?: number }
): Row {
	const ratio = ratioOf(ours, theirs);
	const { atMost, atLeast } = target;
	const met =
		ratio === null
			? null
			: (atMost === undefined || ratio.median <= atMost) &&
				(atLeast === undefined || ratio.median >= atLeast);
	return {
		bench,
		metric,
		ratio,
		against,
		ours: `${short(median(ours))} ${unit}`,
		theirs: `${short(median(theirs))} ${unit}`,
		target: [
			atMost === undefined ? '' : `≤ ${atMost}×`,
			atLeast === undefined ? '' : `≥ ${atLeast}×`
		].join(''),
		met: atMost === undefined && atLeast === undefined ? null : met
	};
}

/** A row without a baseline: a value against a limit. */
export function limit(
	bench: string,
	metric: string,
	unit: string,
	values: readonly number[],
	target: { atMost: number }
): Row {
	const value = median(values);
	return {
		bench,
		metric,
		ratio: null,
		against: '',
		ours: `${short(value)} ${unit}`,
		theirs: '',
		target: `≤ ${target.atMost} ${unit}`,
		met: value <= target.atMost
	};
}

/** How cost grows with size: the slope of its logarithm; 1 is proportional, 0 does not grow. */
export function exponent(bench: string, metric: string, points: readonly [number, number][]): Row {
	const logs = points
		.filter(([size, cost]) => size > 0 && cost > 0)
		.map(([size, cost]) => [Math.log(size), Math.log(cost)] as const);
	const mean = (at: 0 | 1) => logs.reduce((sum, log) => sum + log[at], 0) / logs.length;
	const [x, y] = [mean(0), mean(1)];
	const over = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
	const under = logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
	return {
		...{ bench, metric: `${metric}: exponent of growth`, ratio: null, against: '' },
		...{ ours: short(over / under), theirs: '', target: '', met: null }
	};
}

const TICKS_PER_SECOND = 100;

/** CPU time a process used so far, in milliseconds; 0 when it is gone. */
export function cpuMs(pid: number): number {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
	} catch {
		return 0;
	}
}

export const cpuOf = (pids: readonly number[]): number =>
	pids.reduce((sum, pid) => sum + cpuMs(pid), 0);

/** Resident memory in megabytes; 0 when the process is gone. */
export function rssMb(pid: number): number {
	try {
		const status = readFileSync(`/proc/${pid}/status`, 'utf8');
		return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
	} catch {
		return 0;
	}
}

/** One line about the machine, because only ratios carry over. */
export function machine(): string {
	const [cpu] = cpus();
	const gb = Math.round(totalmem() / 2 ** 30);
	return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${gb} GB, Node ${process.versions.node}, ${process.platform}`;
}

/** Calls each candidate once per round, in turn: A B A B …, so that a slow minute hits all of them. */
export async function rounds<T>(
	count: number,
	candidates: { name: string; run: () => Promise<T> }[]
): Promise<Map<string, T[]>> {
	const results = new Map<string, T[]>(candidates.map(({ name }) => [name, []]));
	for (let i = 0; i < count; i++)
		for (const { name, run } of candidates) results.get(name)!.push(await run());
	return results;
}
