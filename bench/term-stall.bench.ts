// 9: one of ten viewers never reads while a program prints 30 MB: do the others notice, and what does it cost in memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, limit, rounds, type Row } from './measure.ts';
import { openProduct } from './product.ts';
import { ask, openPeer } from './relay.ts';
import { flow, textFile } from './term-flow.ts';

const BYTES = 30_000_000;

export default async function bench(count: number): Promise<Row[]> {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	const command = ask(`cat ${textFile(dir, BYTES)}`);
	const product = await openProduct();
	const base = await openPeer('base');
	try {
		await flow(product, command, BYTES, 10);
		const candidates = [product, base].flatMap((relay) => [
			{ name: relay.name, run: () => flow(relay, command, BYTES, 10) },
			{ name: `${relay.name} stalled`, run: () => flow(relay, command, BYTES, 10, 1) }
		]);
		const measured = await rounds(count, candidates);
		const speed = (name: string) => measured.get(name)!.map((one) => one.mbPerSecond);
		const growth = (name: string) =>
			measured
				.get(`${name} stalled`)!
				.map((one, i) => Math.max(0, one.rssGrowthMb - measured.get(name)![i]!.rssGrowthMb));
		const memory = limit(
			'9 term.stall',
			'memory of one that never reads',
			'MB',
			growth('product'),
			{
				atMost: 4
			}
		);
		const theirs = limit('9 term.stall', '', 'MB', growth('base'), { atMost: 4 });
		return [
			compare(
				...(['9 term.stall', 'speed of the other nine', 'MB/s', speed('product stalled')] as const),
				'nobody stalled',
				speed('product'),
				{ atLeast: 0.95 }
			),
			{ ...memory, theirs: theirs.ours, against: 'base' },
			compare(
				...(['9 term.stall', 'speed of the other nine', 'MB/s', speed('product stalled')] as const),
				'base stalled',
				speed('base stalled'),
				{}
			)
		];
	} finally {
		await product.close();
		await base.close();
		rmSync(dir, { recursive: true, force: true });
	}
}
