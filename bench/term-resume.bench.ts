// 10: the socket is cut a hundred times while 20 MB come: does the viewer, which goes on from its offset, end up with exactly
// the bytes that were printed, how soon does the first frame come after a reconnect, and how much is sent twice.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { limit, median, quantile, rounds, type Row } from './measure.ts';
import { attach, openProduct, type Product } from './product.ts';
import { ask, openPeer, ready, type Relay, type Viewer } from './relay.ts';
import { textFile } from './term-flow.ts';

const BYTES = 20_000_000;
const CUTS = 100;
const PIECES = 200;

/** Prints the file in pieces over some seconds, so that each cut falls into the middle of it. */
const slowly = (file: string) =>
	ask(
		`exec ${process.execPath} -e 'const d = require("fs").readFileSync("${file}"); const s = d.length / ${PIECES}; let i = 0;` +
			`const t = setInterval(() => { process.stdout.write(d.subarray(i * s, ++i * s)); if (i >= ${PIECES}) clearInterval(t); }, 25);'`
	);

interface Resumed {
	equal: boolean;
	firstFrameP50: number;
	missing: number;
}

/** Cuts and comes back until everything came, or half a minute is over. */
async function cutting(
	file: string,
	connect: (take: (bytes: Uint8Array) => void, again: boolean) => Promise<Viewer>
): Promise<Resumed> {
	const hash = createHash('sha256');
	const waits: number[] = [];
	let begun = false;
	let asked = 0;
	let received = 0;
	let openedAt = 0;
	const take = (piece: Uint8Array) => {
		if (openedAt > 0) waits.push(performance.now() - openedAt);
		openedAt = 0;
		if (!begun) {
			asked += piece.length;
			return;
		}
		received += piece.length;
		hash.update(piece);
	};
	let viewer = await connect(take, false);
	await ready(viewer, () => asked > 0);
	begun = true;
	viewer.type(Buffer.from('g'));
	let quietSince = performance.now();
	let before = 0;
	for (let cuts = 0; received < BYTES && performance.now() - quietSince < 2_000;) {
		await sleep(10 + Math.random() * 40);
		if (received !== before) quietSince = performance.now();
		before = received;
		if (cuts++ >= CUTS) continue;
		viewer.close();
		openedAt = performance.now();
		viewer = await connect(take, true);
	}
	viewer.close();
	const wanted = createHash('sha256').update(readFileSync(file)).digest('hex');
	return {
		equal: hash.digest('hex') === wanted,
		firstFrameP50: quantile(waits, 0.5),
		missing: BYTES - received
	};
}

async function ours(product: Product, file: string): Promise<Resumed> {
	const id = await product.start(slowly(file));
	let offset = 0;
	const result = await cutting(file, (take) =>
		attach(product.url, product.person(0), id, {
			from: offset,
			onBytes(bytes) {
				offset += bytes.length;
				take(bytes);
			}
		})
	);
	await product.end(id);
	return result;
}

async function theirs(relay: Relay, file: string): Promise<Resumed> {
	const id = await relay.start(slowly(file));
	return cutting(file, async (take) => {
		const viewer = await relay.attach(id);
		viewer.onBytes = take;
		return viewer;
	});
}

export default async function bench(count: number): Promise<Row[]> {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	const file = textFile(dir, BYTES);
	const product = await openProduct();
	const base = await openPeer('base');
	try {
		const measured = await rounds(count, [
			{ name: 'product', run: () => ours(product, file) },
			{ name: 'base', run: () => theirs(base, file) }
		]);
		const all = (name: string) => measured.get(name)!;
		const wrong = (name: string) => all(name).filter((one) => !one.equal).length;
		const name = '10 term.resume';
		return [
			{
				...limit(
					name,
					`${CUTS} cuts in 20 MB: streams that differ`,
					`of ${count}`,
					[wrong('product')],
					{
						atMost: 0
					}
				),
				theirs: `${wrong('base')} of ${count}`,
				against: 'base'
			},
			{
				...limit(
					name,
					'bytes missing',
					'bytes',
					all('product').map((one) => one.missing),
					{ atMost: 0 }
				),
				theirs: `${median(all('base').map((one) => one.missing))} bytes`,
				against: 'base'
			},
			limit(
				name,
				'connect, attach and first frame, p50',
				'ms',
				all('product').map((one) => one.firstFrameP50),
				{ atMost: 3 }
			)
		];
	} finally {
		await product.close();
		await base.close();
		rmSync(dir, { recursive: true, force: true });
	}
}
