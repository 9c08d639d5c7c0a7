// A program that prints a file while people look: how fast it reaches all of them, and what that costs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOf, rssMb } from './measure.ts';
import { ready, type Relay, type Viewer } from './relay.ts';

const MOST_MS = 10_000;

export interface Flow {
	/** Megabytes a second that each viewer got. */
	mbPerSecond: number;
	/** Milliseconds of CPU of all server-side processes per megabyte delivered. */
	cpuPerMb: number;
	/** Most memory above what it was before, all server-side processes, in megabytes. */
	rssGrowthMb: number;
}

/** A file of lines of text, as programs print them. */
export function textFile(dir: string, bytes: number): string {
	const line = `${'The quick brown fox jumps over the lazy dog. '.repeat(2).slice(0, 79)}\n`;
	const file = join(dir, `text-${bytes}`);
	writeFileSync(file, line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes));
	return file;
}

/** Starts the command, attaches the viewers (the last `stalled` of them stop reading), begins, and waits for all others. */
export async function flow(
	relay: Relay,
	command: string,
	bytes: number,
	viewers: number,
	stalled = 0
): Promise<Flow> {
	const id = await relay.start(command);
	const seats: Viewer[] = [];
	const counts = Array.from({ length: viewers }, () => 0);
	const reading = viewers - stalled;
	let complete = 0;
	let done = () => {};
	const all = new Promise<void>((resolve) => (done = resolve));
	let total = Infinity;
	for (let i = 0; i < viewers; i++) {
		const seat = await relay.attach(id);
		seats.push(seat);
		seat.onBytes = (piece) => {
			counts[i]! += piece.length;
			if (counts[i]! >= total && i < reading && ++complete === reading) done();
		};
	}
	await ready(seats[0]!, () => counts[0]! > 0);
	counts.fill(0);
	total = bytes;
	for (const seat of seats.slice(reading)) seat.stall();
	const rss = () => relay.pids().reduce((sum, pid) => sum + rssMb(pid), 0);
	const before = rss();
	let peak = before;
	const sampler = setInterval(() => (peak = Math.max(peak, rss())), 50);
	const cpu = cpuOf(relay.pids());
	const from = performance.now();
	seats[0]!.type(Buffer.from('g'));
	const late = setTimeout(done, MOST_MS);
	await all;
	clearTimeout(late);
	clearInterval(sampler);
	const seconds = (performance.now() - from) / 1000;
	const used = cpuOf(relay.pids()) - cpu;
	for (const seat of seats) seat.close();
	await relay.end(id);
	const delivered = counts.slice(0, reading).reduce((sum, count) => sum + count, 0) / 1e6;
	return {
		mbPerSecond: delivered / reading / seconds,
		cpuPerMb: used / delivered,
		rssGrowthMb: peak - before
	};
}
