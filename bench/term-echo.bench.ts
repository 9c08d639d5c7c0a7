// 1: a key typed in the browser until its echo is back: the client of our pages, the server, the runner, the session host
// and the PTY, beside the obvious relay of two processes, which has one hop less and keeps nothing.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createTerminalClient, type SocketLike } from '#lib/terminal/client.ts';
import { compare, cpuOf, quantile, rounds, type Row } from './measure.ts';
import { openProduct, type Product } from './product.ts';
import { ask, openPeer, ready, type Relay } from './relay.ts';

const KEYS = 400;
const PAUSE_MS = 6;
const ACK_MS = 50;
const ECHO = ask('cat');

interface Echo {
	p50: number;
	p99: number;
	cpuPerKey: number;
}

/** One keyboard: `type` sends a key and resolves when bytes have come. */
interface Keyboard {
	type(bytes: Uint8Array): void;
	onBytes: (bytes: Uint8Array) => void;
	close(): void;
}

async function measure(relay: Relay, keyboard: Keyboard): Promise<Echo> {
	let heard = () => {};
	let seen = false;
	keyboard.onBytes = () => (seen = true);
	await ready({ ...keyboard, onEnd: () => {}, stall: () => {} }, () => seen);
	keyboard.type(Buffer.from('g'));
	await sleep(200);
	keyboard.onBytes = () => heard();
	const key = Buffer.from('k');
	const times: number[] = [];
	const cpu = cpuOf(relay.pids());
	for (let i = 0; i < KEYS; i++) {
		const from = performance.now();
		const echoed = await new Promise<boolean>((resolve) => {
			const late = setTimeout(() => resolve(false), 1_000);
			heard = () => {
				clearTimeout(late);
				resolve(true);
			};
			keyboard.type(key);
		});
		times.push(echoed ? performance.now() - from : 1_000);
		heard = () => {};
		await sleep(PAUSE_MS);
	}
	const cpuPerKey = (cpuOf(relay.pids()) - cpu) / KEYS;
	keyboard.close();
	return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), cpuPerKey };
}

async function ours(product: Product): Promise<Echo> {
	const id = await product.start(ECHO);
	const client = createTerminalClient({
		open: () =>
			new WebSocket(`${product.url.replace('http', 'ws')}/ws/terminal`, {
				headers: product.person(0),
				perMessageDeflate: false
			}) as unknown as SocketLike,
		later(work, ms) {
			const timer = setTimeout(work, ms);
			return () => clearTimeout(timer);
		},
		random: Math.random
	});
	let typed = 0;
	let received = -1;
	let calm: NodeJS.Timeout | undefined;
	let entered = () => {};
	const attached = new Promise<void>((resolve) => (entered = resolve));
	const keyboard: Keyboard = {
		onBytes: () => {},
		type(bytes) {
			typed += bytes.length;
			link.input(typed, bytes);
		},
		close() {
			clearTimeout(calm);
			link.close();
			client.close();
		}
	};
	const link = client.attach(id, {
		received: () => received,
		viewport: () => ({ cols: 120, rows: 32, visible: true }),
		connection: () => {},
		attached() {
			entered();
		},
		bytes(offset, data) {
			received = offset + data.length;
			keyboard.onBytes(data);
			// As the page does: what is parsed is acknowledged after a moment of calm.
			calm ??= setTimeout(() => {
				calm = undefined;
				link.acknowledge(received);
			}, ACK_MS);
		},
		snapshot(offset) {
			received = offset;
		},
		inputTaken: () => {},
		message: () => {}
	});
	await attached;
	link.keyboard('request');
	const result = await measure(product, keyboard);
	await product.end(id);
	return result;
}

async function theirs(relay: Relay): Promise<Echo> {
	const id = await relay.start(ECHO);
	const ws = new WebSocket(`${relay.url.replace('http', 'ws')}/?id=${id}`, {
		perMessageDeflate: false
	});
	await once(ws, 'open');
	const keyboard: Keyboard = {
		onBytes: () => {},
		type: (bytes) => ws.send(bytes),
		close: () => ws.terminate()
	};
	ws.on('message', (data: Buffer) => keyboard.onBytes(data));
	return measure(relay, keyboard);
}

export default async function bench(count: number): Promise<Row[]> {
	const product = await openProduct();
	const base = await openPeer('base');
	const base2 = await openPeer('base2');
	try {
		const candidates = [
			{ name: 'product', run: () => ours(product) },
			{ name: 'base', run: () => theirs(base) },
			{ name: 'base2', run: () => theirs(base2) }
		];
		// The first round of each warms it up.
		for (const { run } of candidates) await run();
		const measured = await rounds(count, candidates);
		const of = (name: string, key: keyof Echo) => measured.get(name)!.map((one) => one[key]);
		const row = (metric: string, key: keyof Echo, against: string, target: { atMost?: number }) =>
			compare(
				...(['1 term.echo', metric, 'ms', of('product', key), against] as const),
				of(against, key),
				target
			);
		return [
			row('key to echo, p50', 'p50', 'base2', { atMost: 1.15 }),
			row('key to echo, p99', 'p99', 'base2', { atMost: 1 }),
			row('CPU per key', 'cpuPerKey', 'base2', {}),
			row('key to echo, p50', 'p50', 'base', {}),
			row('key to echo, p99', 'p99', 'base', {})
		];
	} finally {
		await product.close();
		await base.close();
		await base2.close();
	}
}
