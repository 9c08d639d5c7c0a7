// A process that serves events to dashboards, told over IPC to make `rate` of them a second.
//   feed  the whole server without its pages: event log (embedded database), feed, tRPC's door with its admission
//   json  the obvious way: JSON.stringify and send for every event and socket, nothing stored
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as devalue from 'devalue';
import { WebSocketServer } from 'ws';
import { openApp } from '#server/app.ts';
import { readConfig } from '#server/config.ts';
import type { NewEvent } from '#server/events/log.ts';
import { createLog } from '#server/log.ts';

/** Sockets per person are limited; so many people have 260. */
const PEOPLE = 13;

const event = (n: number): NewEvent => ({
	stream: `session:s${n % 100}`,
	type: 'session.work',
	data: {
		// Each text is its own: the wire says the same one only once, and it is counted where it arrives.
		at: `~${(Number(process.hrtime.bigint()) / 1e6).toFixed(2).padStart(16, '0')} ${n}`,
		note: 'x'.repeat(80)
	},
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

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

function serve(
	upgrade: Upgrade,
	client: { headers: Record<string, string>[]; hello: string | null },
	emit: (events: NewEvent[]) => Promise<void>
): void {
	const http = createServer((_request, response) => response.end());
	http.on('upgrade', upgrade);
	http.listen(0, '127.0.0.1', () =>
		process.send!({ port: (http.address() as AddressInfo).port, ...client })
	);
	process.on('message', ({ rate, seconds }: { rate: number; seconds: number }) => {
		void make(rate, seconds, emit).then((made) => process.send!({ made }));
	});
}

if (process.argv[2] === 'json') {
	const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
	serve(
		(request, socket, head) => wss.handleUpgrade(request, socket, head, () => {}),
		{ headers: [{}], hello: null },
		(events) => {
			for (const one of events)
				for (const ws of wss.clients) ws.send(JSON.stringify({ type: 'event', event: one }));
			return Promise.resolve();
		}
	);
} else {
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	const app = await openApp(
		{ ...readConfig({ VILLAGE_DATA_DIR: dir }), logLevel: 'info' },
		{ log: createLog('warn') }
	);
	const orgId = await app.orgs.ensureFirstOrg();
	const { sql } = app.database;
	const headers: Record<string, string>[] = [];
	for (let n = 0; n < PEOPLE; n++) {
		const userId = `dashboard-${n}`;
		await sql`insert into users (id, name) values (${userId}, ${userId})`;
		await sql`insert into memberships (org_id, user_id, role) values (${orgId}, ${userId}, 'operator')`;
		const { clear } = await app.database.db.transaction((tx) =>
			app.auth.tokens.createToken(tx, {
				userId,
				name: 'bench',
				maxRole: 'operator',
				now: new Date()
			})
		);
		headers.push({ authorization: `Bearer ${clear}` });
	}
	const hello = JSON.stringify({
		id: 1,
		method: 'subscription',
		params: {
			path: 'events.subscribe',
			input: devalue.stringify({ topics: [{ kind: 'org', id: orgId }] })
		}
	});
	serve(
		(request, socket, head) => app.upgrades.handle(request, socket, head),
		{ headers, hello },
		(events) =>
			app.events.transact((_tx, collect) => Promise.resolve(collect.add(orgId, ...events)))
	);
	await once(process, 'disconnect');
	await app.close();
	rmSync(dir, { recursive: true, force: true });
	process.exit(0);
}
