// 17 and 18: how many durable events per second the log writes beside the driver's own multi-row insert, how long an
// acknowledgement takes at 10,000 a second, and what that does to an echo on the same event loop.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { createMemoryBus } from '#server/bus/memory.ts';
import { systemClock } from '#server/clock.ts';
import { migrate } from '#server/db/migrate.ts';
import { openDatabase, type Database } from '#server/db/open.ts';
import { createEventLog, type EventLog, type NewEvent } from '#server/events/log.ts';
import { compare, limit, quantile, rounds, type Row } from './measure.ts';

const BATCH = 100;
const SECONDS = 2;

const event = (n: number): NewEvent => ({
	stream: `session:s${n % 100}`,
	type: 'session.output_mark',
	data: { offset: n * 4096, lines: 12, note: 'x'.repeat(120), at: performance.now() },
	actor: 'system',
	sessionId: `s${n % 100}`
});
const batch = (n: number) => Array.from({ length: BATCH }, (_, i) => event(n + i));

/** Events per second through the log: numbers per stream, the org's lock, wake-up, one transaction per batch. */
async function throughLog(log: EventLog): Promise<number> {
	const begun = performance.now();
	let written = 0;
	while (performance.now() - begun < SECONDS * 1000) {
		await log.transact((_tx, collect) => Promise.resolve(collect.add('o1', ...batch(written))));
		written += BATCH;
	}
	return (written / (performance.now() - begun)) * 1000;
}

/** The same rows through the driver's own multi-row insert, without numbers, lock or transaction. */
async function throughDriver({ sql }: Database): Promise<number> {
	const begun = performance.now();
	let written = 0;
	while (performance.now() - begun < SECONDS * 1000) {
		const rows = batch(written).map((one, i) => ({
			org_id: 'o2',
			session_id: one.sessionId!,
			stream: `driver:${begun}:${written}`,
			seq: written + i,
			type: one.type,
			data: JSON.stringify(one.data),
			actor: one.actor,
			at: new Date().toISOString()
		}));
		await sql`insert into events ${sql(rows)}`;
		written += BATCH;
	}
	return (written / (performance.now() - begun)) * 1000;
}

/** Writes 10,000 events a second in batches until stopped; collects how long each acknowledgement took. */
function pump(log: EventLog) {
	const acks: number[] = [];
	let running = true;
	const waiting = new Set<Promise<void>>();
	const begun = performance.now();
	let sent = 0;
	const done = (async () => {
		while (running) {
			while (sent < ((performance.now() - begun) / 1000) * 10_000 && waiting.size < 50) {
				const from = performance.now();
				const write = log
					.transact((_tx, collect) => Promise.resolve(collect.add('o3', ...batch(sent))))
					.then(() => void acks.push(performance.now() - from));
				waiting.add(write);
				void write.finally(() => waiting.delete(write));
				sent += BATCH;
			}
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
		await Promise.all(waiting);
	})();
	return {
		async stop() {
			running = false;
			await done;
			return { acks, rate: (sent / (performance.now() - begun)) * 1000 };
		}
	};
}

/** 99th percentile of an echo over a websocket on this loop, in milliseconds. */
async function echoP99(socket: WebSocket): Promise<number> {
	const times: number[] = [];
	for (let i = 0; i < 400; i++) {
		const from = performance.now();
		socket.send('x');
		await once(socket, 'message');
		times.push(performance.now() - from);
		await new Promise((resolve) => setTimeout(resolve, 4));
	}
	return quantile(times, 0.99);
}

export default async function bench(count: number): Promise<Row[]> {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	const database = await openDatabase(
		{ databaseUrl: null, dataDir: dir, inMemory: false },
		{ template: '' }
	);
	await migrate(database);
	const log = createEventLog({ database, bus: createMemoryBus(() => {}), clock: systemClock });
	await throughLog(log);
	const speed = await rounds(count, [
		{ name: 'log', run: () => throughLog(log) },
		{ name: 'driver', run: () => throughDriver(database) }
	]);

	const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
	server.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
	await once(server, 'listening');
	const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
	await once(socket, 'open');
	const ackP99: number[] = [];
	const rates: number[] = [];
	const jitter = await rounds(count, [
		{ name: 'idle', run: () => echoP99(socket) },
		{
			name: 'logging',
			run: async () => {
				const running = pump(log);
				const p99 = await echoP99(socket);
				const { acks, rate } = await running.stop();
				ackP99.push(quantile(acks, 0.99));
				rates.push(rate);
				return p99;
			}
		}
	]);
	socket.terminate();
	server.close();
	await database.close();
	rmSync(dir, { recursive: true, force: true });
	return [
		compare(
			'17 log.write',
			'durable events/s, embedded database',
			'/s',
			speed.get('log')!,
			'driver’s insert',
			speed.get('driver')!,
			{ atLeast: 0.8 }
		),
		limit(
			'17 log.write',
			`acknowledged within, p99 at ${Math.round(rates.reduce((a, b) => a + b, 0) / rates.length)}/s`,
			'ms',
			ackP99,
			{ atMost: 25 }
		),
		compare(
			'18 log.jitter',
			'echo p99 while logging 10,000/s',
			'ms',
			jitter.get('logging')!,
			'idle echo',
			jitter.get('idle')!,
			{ atMost: 2 }
		)
	];
}
