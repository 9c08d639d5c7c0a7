// 13, 14 and 15: events to fifty dashboards through the door a page uses (the subscription over tRPC's socket, batches of
// events), beside the obvious way: one JSON message per event and socket. Events are appended to the log as the server does it.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compare, cpuMs, exponent, limit, quantile, rounds, type Row } from './measure.ts';
import { openSink, type Sink } from './sink.ts';

const DASHBOARDS = 50;
const SECONDS = 3;
/** Before the time in each event, and nowhere else. */
const MARK = '~';
const MARK_BYTE = MARK.charCodeAt(0);

interface Fan {
	/** Percent of one core of the process that serves. */
	cpu: number;
	/** Microseconds of CPU per event and dashboard. */
	perDelivery: number;
	p50: number;
	p99: number;
	lost: number;
	kept: boolean;
}

interface Server {
	name: string;
	child: ChildProcess;
	port: number;
	/** Headers of people with room for twenty sockets each. */
	headers: Record<string, string>[];
	/** What a dashboard says first. */
	hello: string | null;
}

/** A process that serves events: ours or the obvious one, told to make some. */
async function open(name: 'feed' | 'json'): Promise<Server> {
	const child = fork(join(process.env.BENCH_OUT!, 'fan-server.js'), [name], {
		stdio: ['ignore', 'inherit', 'inherit', 'ipc']
	});
	const [told] = (await once(child, 'message')) as [Omit<Server, 'name' | 'child'>];
	return { name, child, ...told };
}

/** Fifty dashboards, then `rate` events a second for three seconds. */
async function fan(server: Server, rate: number, dashboards = DASHBOARDS): Promise<Fan> {
	const counts = Array.from({ length: dashboards }, () => 0);
	const late: number[] = [];
	const sinks: Sink[] = [];
	let ended = 0;
	const path = server.name === 'feed' ? '/trpc' : '/';
	for (let i = 0; i < dashboards; i++) {
		// Every dashboard counts the mark of each event; one reads the time behind it, by the clock all processes share.
		const onText = (text: string) => {
			const now = Number(process.hrtime.bigint()) / 1e6;
			let at = -1;
			while ((at = text.indexOf(MARK, at + 1)) >= 0) {
				counts[i]!++;
				late.push(now - Number(text.slice(at + 1, at + 17)));
			}
		};
		const onPiece = (piece: Buffer) => {
			let at = -1;
			while ((at = piece.indexOf(MARK_BYTE, at + 1)) >= 0) counts[i]!++;
		};
		const sink = await openSink(
			`ws://127.0.0.1:${server.port}${path}`,
			server.headers[Math.floor(i / 20) % server.headers.length]!,
			{
				binary: () => {},
				text: onText,
				...(i === 0 ? {} : { pieces: onPiece }),
				closed: () => ended++
			}
		);
		sinks.push(sink);
		if (server.hello) sink.send(server.hello);
	}
	await new Promise((resolve) => setTimeout(resolve, 300));
	const cpu = cpuMs(server.child.pid!);
	const from = performance.now();
	server.child.send({ rate, seconds: SECONDS });
	const [{ made }] = (await once(server.child, 'message')) as [{ made: number }];
	// What is under way arrives, or is late.
	for (let i = 0; i < 40 && counts.some((count) => count < made); i++)
		await new Promise((resolve) => setTimeout(resolve, 25));
	const used = cpuMs(server.child.pid!) - cpu;
	const ms = performance.now() - from;
	if (ended > 0) console.error(`${server.name}, ${rate}/s: ${ended} dashboards were cut off`);
	for (const sink of sinks) sink.close();
	const delivered = counts.reduce((sum, count) => sum + count, 0);
	const lost = counts.reduce((sum, count) => sum + Math.max(0, made - count), 0);
	const p99 = quantile(late, 0.99);
	return {
		cpu: (used / ms) * 100,
		perDelivery: (used * 1000) / delivered,
		p50: quantile(late, 0.5),
		p99,
		lost,
		kept: lost === 0 && p99 <= 50 && made >= rate * SECONDS * 0.95
	};
}

/** The highest rate of a rising list that is kept up with: p99 within 50 ms and nothing missing. */
async function highest(server: Server, rates: readonly number[]): Promise<number> {
	let best = 0;
	for (const rate of rates) {
		if (!(await fan(server, rate)).kept) break;
		best = rate;
	}
	return best;
}

const RATES = [500, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000, 24_000, 32_000];

export default async function bench(count: number): Promise<Row[]> {
	const servers = [await open('feed'), await open('json')] as const;
	try {
		const rows: Row[] = [];
		for (const server of servers) await fan(server, 1_000);
		for (const [rate, name] of [
			[20, 'idle rate (20/s)'],
			[100, '100 events/s'],
			[10_000, '10,000 events/s']
		] as const) {
			const measured = await rounds(
				count,
				servers.map((server) => ({ name: server.name, run: () => fan(server, rate) }))
			);
			const of = (who: string, key: 'cpu' | 'perDelivery' | 'p50' | 'p99' | 'lost') =>
				measured.get(who)!.map((one) => one[key]);
			const pair = (
				bench: string,
				metric: string,
				unit: string,
				key: 'cpu' | 'perDelivery' | 'p50' | 'p99' | 'lost',
				target: { atMost?: number }
			) =>
				compare(
					...([bench, `${name}: ${metric}`, unit, of('feed', key), 'JSON per event'] as const),
					of('json', key),
					target
				);
			rows.push(
				pair('13 fan.cost', 'CPU per delivery', 'µs', 'perDelivery', {
					atMost: rate > 1_000 ? 0.2 : 1
				})
			);
			// Up to 50 a second each goes out at once; above, they are batched.
			if (rate <= 50)
				rows.push(limit('14 fan.promise', `${name}: p50`, 'ms', of('feed', 'p50'), { atMost: 1 }));
			if (rate >= 10_000)
				rows.push(
					limit('14 fan.promise', `${name}: CPU of a core`, '%', of('feed', 'cpu'), { atMost: 20 }),
					limit('14 fan.promise', `${name}: p99`, 'ms', of('feed', 'p99'), { atMost: 20 }),
					limit(
						'14 fan.promise',
						`${name}: not arrived a second after the end`,
						'events',
						of('feed', 'lost'),
						{ atMost: 0 }
					),
					pair('14 fan.promise', 'CPU', '%', 'cpu', {}),
					pair('14 fan.promise', 'p99', 'ms', 'p99', {})
				);
		}
		const ours: number[] = [];
		const theirs: number[] = [];
		for (let i = 0; i < Math.min(count, 3); i++) {
			ours.push(await highest(servers[0], RATES));
			theirs.push(await highest(servers[1], RATES));
		}
		rows.push(
			compare(
				'15 fan.max',
				'events/s to 50 with p99 ≤ 50 ms',
				'/s',
				ours,
				'JSON per event',
				theirs,
				{
					atLeast: 20
				}
			)
		);
		const growth: [number, number][] = [];
		for (const dashboards of [10, 50, 250])
			growth.push([dashboards, (await fan(servers[0], 1_000, dashboards)).cpu]);
		rows.push(exponent('13 fan.cost', 'CPU by dashboards (10, 50, 250)', growth));
		return rows;
	} finally {
		for (const { child } of servers) child.kill('SIGKILL');
	}
}
