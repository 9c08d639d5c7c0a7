// 6: a program that prints 5,000 lines a second while fifty people look: what the server side pays, and how much later than
// it was printed a line arrives. Each line carries the time at which it was written.
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, cpuOf, exponent, limit, quantile, rounds, type Row } from './measure.ts';
import { openProduct } from './product.ts';
import { ask, openPeer, ready, type Relay, type Viewer } from './relay.ts';

const SECONDS = 3;
const LINES_PER_SECOND = 5_000;

/** Prints lines of 80 bytes at a steady rate, each with its time of writing. */
const program = (rate: number) =>
	ask(
		`exec ${process.execPath} -e '` +
			`const end = Date.now() + ${SECONDS * 1000}; let n = 0; const from = performance.now();` +
			`const tick = setInterval(() => { const due = (performance.now() - from) * ${rate} / 1000;` +
			`while (n < due) { n++; process.stdout.write("t" + (performance.timeOrigin + performance.now()).toFixed(2).padEnd(78, ".") + "\\n"); }` +
			`if (Date.now() > end) { clearInterval(tick); } }, 1)'`
	);

interface Stream {
	/** Percent of one core of all server-side processes. */
	cpu: number;
	p50: number;
	p99: number;
	/** Share of the lines that arrived. */
	arrived: number;
}

async function stream(relay: Relay, viewers: number, rate: number): Promise<Stream> {
	const id = await relay.start(program(rate));
	const seats: Viewer[] = [];
	const bytes = Array.from({ length: viewers }, () => 0);
	const late: number[] = [];
	let text = '';
	for (let i = 0; i < viewers; i++) {
		const seat = await relay.attach(id);
		seats.push(seat);
		seat.onBytes = (piece) => {
			bytes[i]! += piece.length;
			if (i > 0) return;
			// Only one viewer reads the times; the others are counted.
			const now = performance.timeOrigin + performance.now();
			text += Buffer.from(piece).toString('latin1');
			const lines = text.split('\n');
			text = lines.pop()!;
			for (const line of lines) {
				const at = Number(/t(\d{13}\.\d\d)/.exec(line)?.[1]);
				if (at) late.push(now - at);
			}
		};
	}
	await ready(seats[0]!, () => bytes[0]! > 0);
	bytes.fill(0);
	const cpu = cpuOf(relay.pids());
	const from = performance.now();
	seats[0]!.type(Buffer.from('g'));
	await sleep(SECONDS * 1000 + 500);
	const used = cpuOf(relay.pids()) - cpu;
	const ms = performance.now() - from;
	for (const seat of seats) seat.close();
	await relay.end(id);
	const wanted = SECONDS * rate * 80 * viewers;
	return {
		cpu: (used / ms) * 100,
		p50: quantile(late, 0.5),
		p99: quantile(late, 0.99),
		arrived: bytes.reduce((sum, one) => sum + one, 0) / wanted
	};
}

export default async function bench(count: number): Promise<Row[]> {
	const product = await openProduct({ people: 5 });
	const base = await openPeer('base');
	try {
		await stream(product, 5, 1_000);
		const measured = await rounds(
			count,
			[product, base].map((relay) => ({
				name: relay.name,
				run: () => stream(relay, 50, LINES_PER_SECOND)
			}))
		);
		const growth: [number, number][] = [];
		for (const viewers of [5, 16, 50])
			growth.push([viewers, (await stream(product, viewers, LINES_PER_SECOND)).cpu]);
		const of = (name: string, key: keyof Stream) => measured.get(name)!.map((one) => one[key]);
		const name = '6 term.lines';
		return [
			compare(
				name,
				'CPU of 5,000 lines/s to 50',
				'%',
				of('product', 'cpu'),
				'base',
				of('base', 'cpu'),
				{
					atMost: 0.2
				}
			),
			limit(name, 'printed to received, p99', 'ms', of('product', 'p99'), { atMost: 5 }),
			compare(
				name,
				'printed to received, p50',
				'ms',
				of('product', 'p50'),
				'base',
				of('base', 'p50'),
				{}
			),
			compare(
				name,
				'printed to received, p99',
				'ms',
				of('product', 'p99'),
				'base',
				of('base', 'p99'),
				{}
			),
			compare(
				name,
				'share of lines that arrived in time',
				'',
				of('product', 'arrived'),
				'base',
				of('base', 'arrived'),
				{}
			),
			exponent(name, 'CPU by viewers (5, 16, 50)', growth)
		];
	} finally {
		await product.close();
		await base.close();
	}
}
