// 7: what a viewer misses when a program prints and ends at once, and how long after the last byte the end is known. An
// agent that dies with a stack trace loses exactly the part its user needs.
import { limit, compare, quantile, type Row } from './measure.ts';
import { openProduct } from './product.ts';
import { ask, openPeer, ready, type Relay } from './relay.ts';

const SIZES = [8_000, 64_000, 1_000_000];
/** Of each size and load; `--rounds 34` makes the two hundred of a release. */
const RUNS_PER_ROUND = 6;
const MOST_MS = 8_000;

interface End {
	lost: number;
	/** From the last byte to the end, milliseconds. */
	latency: number;
}

/** `ask` without its last wait: the end is what is measured. */
const program = (bytes: number) =>
	ask(`head -c ${bytes} /dev/zero | tr '\\0' x`).replace(/; sleep 3$/, '');

async function end(relay: Relay, bytes: number, busy: boolean): Promise<End> {
	const id = await relay.start(program(bytes));
	const viewer = await relay.attach(id);
	let got = 0;
	let started = false;
	let lastAt = 0;
	viewer.onBytes = (piece) => {
		if (!started) {
			got += piece.length;
			return;
		}
		got += piece.length;
		lastAt = performance.now();
		// A viewer that works between reads, as a browser does.
		if (busy) for (const until = lastAt + 1; performance.now() < until;);
	};
	await ready(viewer, () => got > 0);
	got = 0;
	started = true;
	const ended = new Promise<void>((resolve) => {
		const late = setTimeout(resolve, MOST_MS);
		viewer.onEnd = () => {
			clearTimeout(late);
			resolve();
		};
	});
	viewer.type(Buffer.from('g'));
	await ended;
	const latency = performance.now() - lastAt;
	viewer.close();
	return { lost: Math.max(0, bytes - got), latency };
}

export default async function bench(count: number): Promise<Row[]> {
	const product = await openProduct();
	const base = await openPeer('base');
	const rows: Row[] = [];
	const exits: Record<string, number[]> = { product: [], base: [] };
	try {
		for (const bytes of SIZES)
			for (const busy of [false, true]) {
				const lost: Record<string, number[]> = { product: [], base: [] };
				for (let i = 0; i < count * RUNS_PER_ROUND; i++)
					for (const relay of [product, base]) {
						const one = await end(relay, bytes, busy);
						lost[relay.name]!.push(one.lost);
						exits[relay.name]!.push(one.latency);
					}
				const sum = (name: string) => lost[name]!.reduce((all, one) => all + one, 0);
				const times = (name: string) => lost[name]!.filter((one) => one > 0).length;
				const row = limit(
					'7 term.exit',
					`bytes lost in ${lost.product!.length} ends, ${bytes / 1000} KB${busy ? ', busy reader' : ''}`,
					'bytes',
					[sum('product')],
					{ atMost: 0 }
				);
				rows.push({
					...row,
					ours: `${sum('product')} (${times('product')} ends)`,
					theirs: `${sum('base')} (${times('base')} ends)`,
					against: 'base'
				});
			}
		const p50 = (name: string) => [quantile(exits[name]!, 0.5)];
		rows.push(
			compare(
				...(['7 term.exit', 'last byte to end, p50', 'ms', p50('product'), 'base'] as const),
				p50('base'),
				{ atMost: 1.2 }
			)
		);
		return rows;
	} finally {
		await product.close();
		await base.close();
	}
}
