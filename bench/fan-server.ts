// A process that serves events to dashboards, told over IPC to make `rate` of them a second.
//   feed  our event log (embedded database), our feed with its ticks, tRPC's socket with our transformer
//   json  the obvious way: JSON.stringify and send for every event and socket, nothing stored
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { initTRPC, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import * as devalue from 'devalue';
import { WebSocketServer } from 'ws';
import { createMemoryBus } from '#server/bus/memory.ts';
import { systemClock } from '#server/clock.ts';
import { migrate } from '#server/db/migrate.ts';
import { openDatabase } from '#server/db/open.ts';
import { createFeed } from '#server/events/feed.ts';
import { createEventLog, type NewEvent } from '#server/events/log.ts';
import { eventView } from '#server/events/view.ts';

const ORG = 'o1';

const event = (n: number): NewEvent => ({
	stream: `session:s${n % 100}`,
	type: 'session.work',
	data: { at: `t=${(performance.timeOrigin + performance.now()).toFixed(2)}`, note: 'x'.repeat(80) },
	actor: 'system',
	villageId: 'v1',
	agentId: `a${n % 100}`,
	sessionId: `s${n % 100}`
});

/** Makes events at a steady rate, in the groups in which they are due. */
async function make(rate: number, seconds: number, emit: (events: NewEvent[]) => Promise<void>) {
	const from = performance.now();
	let made = 0;
	let under = 0;
	const wanted = rate * seconds;
	while (performance.now() - from < seconds * 1000 + 200 && made < wanted) {
		const due = Math.min(wanted, Math.floor(((performance.now() - from) / 1000) * rate));
		// A log that is behind is not flooded: groups grow, as they do when runners wait for acknowledgements.
		if (due > made && under < 4) {
			const group = Array.from({ length: Math.min(due - made, 500) }, (_, i) => event(made + i));
			made += group.length;
			under++;
			void emit(group).finally(() => under--);
		}
		await sleep(1);
	}
	while (under > 0) await sleep(1);
	return made;
}

function serve(wss: WebSocketServer, emit: (events: NewEvent[]) => Promise<void>): void {
	const http = createServer((_request, response) => response.end());
	http.on('upgrade', (request, socket, head) =>
		wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request))
	);
	http.listen(0, '127.0.0.1', () =>
		process.send!({ port: (http.address() as AddressInfo).port })
	);
	process.on('message', ({ rate, seconds }: { rate: number; seconds: number }) => {
		void make(rate, seconds, emit).then((made) => process.send!({ made }));
	});
}

const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
if (process.argv[2] === 'json') {
	serve(wss, (events) => {
		for (const one of events)
			for (const ws of wss.clients) ws.send(JSON.stringify({ type: 'event', event: one }));
		return Promise.resolve();
	});
} else {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
	const database = await openDatabase({ databaseUrl: null, dataDir: dir, inMemory: false }, {});
	await migrate(database);
	const bus = createMemoryBus(() => {});
	const log = createEventLog({ database, bus, clock: systemClock });
	const feed = createFeed({ log, bus });
	const t = initTRPC.create({
		transformer: { serialize: devalue.stringify, deserialize: devalue.parse }
	});
	const router = t.router({
		follow: t.procedure.subscription(async function* ({ signal }) {
			for await (const batch of feed.follow({ orgId: ORG, after: null, signal: signal! }))
				yield tracked(String(batch.id), {
					kind: 'events' as const,
					prevId: batch.prevId,
					id: batch.id,
					events: batch.events.map(eventView)
				});
		})
	});
	applyWSSHandler({ wss, router, createContext: () => ({}) });
	serve(wss, (events) =>
		log.transact((_tx, collect) => Promise.resolve(collect.add(ORG, ...events)))
	);
	await once(process, 'disconnect');
	rmSync(dir, { recursive: true, force: true });
	process.exit(0);
}
