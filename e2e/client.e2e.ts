// `agent-village/client` as another program uses it, from the package as it is built, against a server that is killed.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { reaches, startCommand } from './fixtures.ts';
import { kill9, killAll, processesSaying, until } from './processes.ts';
import { createToken, newDataDir, startVillage, type Village } from './village.ts';

type Library = typeof import('#client/index.ts');
/** A name TypeScript does not look up: its declarations are made when the package is packed. */
const NAME: string = 'agent-village/client';

test('a program follows a session over kill -9 of the server and gets each byte and each number once', async () => {
	test.setTimeout(180_000);
	const { ControlPlaneClient, createClient } = (await import(NAME)) as Library;
	const dataDir = newDataDir();
	let village: Village | null = null;
	try {
		village = await startVillage({ dataDir });
		const { port } = new URL(village.url);
		const token = createToken(dataDir, 'owner');
		const api = createClient({ apiUrl: village.url, token });
		const [first] = await api.villages.list.query();
		const log = join(dataDir, 'child.log');
		const loop = `i=0; while [ $i -lt 600 ]; do echo "line $i ünï 😀 漢字"; i=$((i+1)); sleep 0.02; done`;
		const sessionId = await startCommand(
			{ api, orgId: first!.orgId },
			`stty -opost; { ${loop}; } | tee ${log}; read line; echo "heard $line" | tee -a ${log}`
		);
		const client = new ControlPlaneClient({ apiUrl: village.url, token });
		let text = '';
		let next = 0;
		let seq = 0;
		let completed = false;
		const holes: string[] = [];
		await client.subscribe(
			sessionId,
			(event) => {
				if (event.type === 'terminal') {
					if (event.offset !== next) holes.push(`byte ${event.offset} where ${next} was due`);
					next = event.nextOffset;
					text += event.data;
					return;
				}
				if (event.seq !== seq + 1) holes.push(`number ${event.seq} after ${seq}`);
				seq = event.seq;
				completed ||= event.type === 'session' && event.action === 'completed';
			},
			{ fromSeq: 0, fromOffset: 0, onProblem: (problem) => holes.push(JSON.stringify(problem)) }
		);
		for (let round = 0; round < 2; round++) {
			const before = text.length;
			await until('more is told', 20_000, () => text.length > before);
			await sleep(300);
			for (const { pid } of processesSaying(dataDir, ' up ')) kill9(pid);
			await until('the server is dead', 5_000, () => processesSaying(dataDir, ' up ').length === 0);
			expect(await client.serverReady(1_000)).toBe(false);
			village = await startVillage({ dataDir, args: ['--port', port] });
			await until('the client is back', 30_000, () => client.health().connected);
		}
		await until('all lines are told', 60_000, () => text.includes('line 599 '));
		expect(await client.serverReady()).toBe(true);
		await client.sendTerminalInput(sessionId, 'you\n');
		await reaches({ api }, sessionId, 'COMPLETED');
		await until('the end is told', 10_000, () => completed);
		client.close();
		expect(holes).toEqual([]);
		expect(client.health().reconnects).toBeGreaterThanOrEqual(2);
		// The terminal also echoes what was typed; the rest is what the program says it wrote.
		expect(text.replace('you\n', '').replaceAll('\r', '')).toBe(
			readFileSync(log, 'utf8').replaceAll('\r', '')
		);
		const { eventSeq, terminal } = await api.sessions.get.query({ sessionId });
		expect([seq, next]).toEqual([eventSeq, terminal.nextOffset]);
	} finally {
		await village?.destroy();
		await killAll(dataDir);
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
	}
});
