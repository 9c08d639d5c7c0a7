// 19: `kill -9` of the server in the middle of work: is any acknowledged event missing afterwards, are there doubles, are there
// gaps in the numbers of a stream. The writer says what was acknowledged over a pipe that outlives it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryBus } from '#server/bus/memory.ts';
import { systemClock } from '#server/clock.ts';
import { openDatabase } from '#server/db/open.ts';
import { createEventLog, type StoredEvent } from '#server/events/log.ts';
import { limit, type Row } from './measure.ts';

/** Kills of one round. */
const KILLS = 5;

export default async function bench(count: number): Promise<Row[]> {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	let missing = 0;
	let doubled = 0;
	let gaps = 0;
	let acknowledged = 0;
	const kills = Math.min(50, count * KILLS);
	const acked = new Set<string>();
	try {
		for (let i = 0; i < kills; i++) {
			const child = fork(join(process.env.BENCH_OUT!, 'log-writer.js'), [dir, String(i)], {
				stdio: ['ignore', 'inherit', 'inherit', 'ipc']
			});
			child.on('message', (ids: string[]) => ids.forEach((id) => acked.add(id)));
			await once(child, 'message');
			await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 400));
			child.kill('SIGKILL');
			await once(child, 'close');
		}
		acknowledged = acked.size;
		const database = await openDatabase({ databaseUrl: null, dataDir: dir, inMemory: false });
		const log = createEventLog({ database, bus: createMemoryBus(() => {}), clock: systemClock });
		const seen = new Set<string>();
		const numbers = new Map<string, number>();
		for (let after = 0, page: StoredEvent[]; ; after = page.at(-1)!.id) {
			page = await log.read('o1', after, 500);
			if (page.length === 0) break;
			for (const event of page) {
				const key = String(event.data.key);
				if (seen.has(key)) doubled++;
				seen.add(key);
				const last = numbers.get(event.stream) ?? 0;
				if (event.seq !== last + 1) gaps++;
				numbers.set(event.stream, event.seq);
			}
		}
		for (const key of acked) if (!seen.has(key)) missing++;
		await database.close();
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
	const row = (metric: string, value: number) =>
		limit(
			'19 log.crash',
			`${metric}, ${kills} kills, ${acknowledged} acknowledged`,
			'events',
			[value],
			{
				atMost: 0
			}
		);
	return [
		row('acknowledged and missing', missing),
		row('stored twice', doubled),
		row('gaps in numbers', gaps)
	];
}
