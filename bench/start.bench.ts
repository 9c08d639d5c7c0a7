// 20 and 21: from a click on "start" to the first byte in the viewer's hand, and from the start of the process to a server
// that answers, on a fresh and on a used data directory, with what it then weighs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, limit, median, quantile, rounds, rssMb, type Row } from './measure.ts';
import { attach, openProduct, processesOf, removeAll, startUp, type Product } from './product.ts';
import { openPeer, type Relay, type Viewer } from './relay.ts';

const STARTS = 15;
const COMMAND = `printf x; sleep 1`;

const firstByte = (viewer: Viewer) =>
	new Promise<void>((resolve, reject) => {
		const late = setTimeout(() => reject(new Error('no byte came')), 10_000);
		viewer.onBytes = () => {
			clearTimeout(late);
			resolve();
		};
	});

/** The call that creates the session, then the socket of its terminal: what a page does. Median of some starts. */
async function ours(product: Product): Promise<number> {
	const times: number[] = [];
	for (let i = 0; i < STARTS; i++) {
		const from = performance.now();
		const id = await product.start(COMMAND);
		let seen = () => {};
		const byte = new Promise<void>((resolve) => (seen = resolve));
		const viewer = await attach(product.url, product.person(0), id, { onBytes: () => seen() });
		await byte;
		times.push(performance.now() - from);
		viewer.close();
		await product.end(id);
	}
	return quantile(times, 0.5);
}

/** The obvious relay has nothing to replay: the viewer is there before the program. */
async function theirs(relay: Relay): Promise<number> {
	const times: number[] = [];
	for (let i = 0; i < STARTS; i++) {
		const from = performance.now();
		const viewer = await relay.attach(`early-${i}-${from}`);
		const byte = firstByte(viewer);
		await fetch(`${relay.url}/start`, {
			method: 'POST',
			body: JSON.stringify({ id: `early-${i}-${from}`, command: COMMAND })
		});
		await byte;
		times.push(performance.now() - from);
		viewer.close();
	}
	return quantile(times, 0.5);
}

interface Begun {
	readyMs: number;
	rss: number;
}

async function begin(dataDir: string): Promise<Begun> {
	const up = await startUp(dataDir);
	await sleep(1_000);
	const rss = processesOf(dataDir).reduce((sum, { pid }) => sum + rssMb(pid), 0);
	up.child.kill('SIGTERM');
	await Promise.race([once(up.child, 'exit'), sleep(10_000)]);
	return { readyMs: up.readyMs, rss };
}

/** The embedded database alone, on a directory that does not exist: what a start costs without our template. */
async function bareDatabase(): Promise<Begun> {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	const from = performance.now();
	const child = spawn(
		process.execPath,
		[
			'--input-type=module',
			'-e',
			`import { PGlite } from '@electric-sql/pglite'; const db = await PGlite.create(${JSON.stringify(join(dir, 'db'))}); await db.query('select 1'); console.log('ready'); setInterval(() => {}, 1000);`
		],
		{ stdio: ['ignore', 'pipe', 'inherit'] }
	);
	await once(createInterface({ input: child.stdout }), 'line');
	const readyMs = performance.now() - from;
	const rss = rssMb(child.pid!);
	child.kill('SIGKILL');
	await once(child, 'exit');
	rmSync(dir, { recursive: true, force: true });
	return { readyMs, rss };
}

export default async function bench(count: number): Promise<Row[]> {
	const product = await openProduct();
	const base = await openPeer('base');
	let clicks: Map<string, number[]>;
	try {
		await ours(product);
		clicks = await rounds(count, [
			{ name: 'product', run: () => ours(product) },
			{ name: 'base', run: () => theirs(base) }
		]);
	} finally {
		await product.close();
		await base.close();
	}
	const used = mkdtempSync(join(tmpdir(), 'vb-'));
	await begin(used);
	const starts = await rounds(Math.min(count, 5), [
		{
			name: 'fresh',
			async run() {
				const dir = mkdtempSync(join(tmpdir(), 'vb-'));
				const begun = await begin(dir);
				await removeAll(dir);
				return begun;
			}
		},
		{ name: 'used', run: () => begin(used) },
		{ name: 'bare', run: bareDatabase }
	]);
	await removeAll(used);
	const ready = (name: string) => starts.get(name)!.map((one) => one.readyMs);
	const rss = (name: string) => starts.get(name)!.map((one) => one.rss);
	return [
		compare(
			...(['20 start.session', 'click to first byte, p50 (no worktree)', 'ms'] as const),
			clicks.get('product')!,
			'base',
			clicks.get('base')!,
			{ atMost: 2.5 }
		),
		compare(
			...(['21 start.server', 'fresh directory: `up` until everything answers', 'ms'] as const),
			ready('fresh'),
			'the database alone, without template',
			ready('bare'),
			{ atMost: 0.4 }
		),
		compare(
			...(['21 start.server', 'used directory: `up` until everything answers', 'ms'] as const),
			ready('used'),
			'the database alone, without template',
			ready('bare'),
			{}
		),
		{
			...limit('21 start.server', 'memory of all three processes', 'MB', rss('used'), {
				atMost: 400
			}),
			theirs: `${median(rss('bare')).toFixed(0)} MB (the database alone)`
		}
	];
}
