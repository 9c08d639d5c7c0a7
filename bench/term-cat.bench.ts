// 4 and 5: a program prints megabytes while ten or fifty people look: how fast it reaches all of them, and what the server
// side pays per megabyte delivered. The product also writes every byte to disk twice; the obvious relay keeps nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, exponent, median, rounds, type Row } from './measure.ts';
import { openProduct } from './product.ts';
import { ask, openPeer } from './relay.ts';
import { flow, textFile, type Flow } from './term-flow.ts';

const BYTES = 10_000_000;
export default async function bench(count: number): Promise<Row[]> {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	const file = textFile(dir, BYTES);
	const product = await openProduct({ people: 5 });
	const base = await openPeer('base');
	const base2 = await openPeer('base2');
	const rows: Row[] = [];
	const costs: [number, number][] = [];
	try {
		// The first program of each warms it up.
		for (const relay of [product, base, base2]) await flow(relay, ask(`cat ${file}`), BYTES, 10);
		for (const [number, viewers, speed, cpu] of [
			['3', 1, 0.75, 1.2],
			['4', 10, 2, 0.35],
			['5', 50, 4, 0.25]
		] as const) {
			const measured = await rounds(
				count,
				[product, base, base2].map((relay) => ({
					name: relay.name,
					run: () => flow(relay, ask(`cat ${file}`), BYTES, viewers)
				}))
			);
			const of = (name: string, key: keyof Flow) => measured.get(name)!.map((one) => one[key]);
			const name = `${number} term.cat.${viewers}`;
			const ours = of('product', 'mbPerSecond');
			costs.push([viewers, median(of('product', 'cpuPerMb')) * viewers]);
			rows.push(
				compare(name, 'MB/s to each viewer', 'MB/s', ours, 'base', of('base', 'mbPerSecond'), {
					atLeast: speed
				}),
				compare(
					name,
					'CPU per MB delivered',
					'ms',
					of('product', 'cpuPerMb'),
					'base',
					of('base', 'cpuPerMb'),
					{ atMost: cpu }
				),
				compare(name, 'MB/s to each viewer', 'MB/s', ours, 'base2', of('base2', 'mbPerSecond'), {}),
				compare(
					name,
					'CPU per MB delivered',
					'ms',
					of('product', 'cpuPerMb'),
					'base2',
					of('base2', 'cpuPerMb'),
					{}
				)
			);
		}
		rows.push(exponent('4, 5 term.cat', 'CPU by viewers (1, 10, 50)', costs));
	} finally {
		await product.close();
		await base.close();
		await base2.close();
		rmSync(dir, { recursive: true, force: true });
	}
	return rows;
}
