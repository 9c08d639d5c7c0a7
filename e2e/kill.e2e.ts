// `kill -9` of server, of runner and of both while a session prints: afterwards the same process goes on, and the transcript
// equals, byte for byte, the log that the child wrote itself. KILL_ROUNDS=20 is the full count.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { apiOf } from './api.ts';
import { reaches, startCommand } from './fixtures.ts';
import { kill9, killAll, processesSaying, until } from './processes.ts';
import { createToken, newDataDir, ROOT, startVillage, type Village } from './village.ts';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 2);
const MB_PER_SECOND = 5;
const BURST = join(ROOT, 'e2e', 'agents', 'burst.js');

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

type Victim = 'server' | 'runner' | 'both';

function kill(dataDir: string, victim: Victim): void {
	if (victim !== 'runner') for (const { pid } of processesSaying(dataDir, ' up ')) kill9(pid);
	if (victim !== 'server')
		for (const { pid } of processesSaying(dataDir, 'runner start')) kill9(pid);
}

for (const victim of ['server', 'runner', 'both'] as const)
	test(`kill -9 of ${victim === 'both' ? 'server and runner' : `the ${victim}`} × ${ROUNDS} loses no byte of a session that prints ${MB_PER_SECOND} MB/s`, async () => {
		test.setTimeout(60_000 + ROUNDS * 45_000);
		const dataDir = newDataDir();
		let village: Village | null = null;
		try {
			village = await startVillage({ dataDir });
			const token = createToken(dataDir, 'owner');
			let api = apiOf(village.url, token);
			const [first] = await api.villages.list.query();
			const log = join(dataDir, 'child.log');
			// It prints through every round and ends when it is told.
			const seconds = 600 + ROUNDS * 30;
			const sessionId = await startCommand(
				{ api, orgId: first!.orgId },
				`stty -opost && exec node ${BURST} ${log} ${MB_PER_SECOND} ${seconds}`
			);
			const child = () => processesSaying(dataDir, 'burst.js').map(({ pid }) => pid);
			await until('the child prints', 10_000, () => child().length > 0 && statSync(log).size > 1e6);
			const [pid] = child();

			for (let round = 0; round < ROUNDS; round++) {
				await sleep(300 + ((round * 137) % 900));
				kill(dataDir, victim);
				if (victim !== 'runner') {
					await until(
						'the server is dead',
						5_000,
						() => processesSaying(dataDir, ' up ').length === 0
					);
					village = await startVillage({ dataDir });
					api = apiOf(village.url, token);
				}
				const runners = () => processesSaying(dataDir, 'runner start').length;
				await until('a runner runs again', 30_000, () => runners() > 0);
				await expect
					.poll(
						async () => {
							const session = await api.sessions.get.query({ sessionId });
							return session.connectivity === 'ok' && session.state === 'RUNNING'
								? 'on'
								: session.state;
						},
						{ timeout: 30_000 }
					)
					.toBe('on');
				expect(child(), 'the same process goes on').toEqual([pid]);
			}
			writeFileSync(`${log}.stop`, '');
			await until('the child ends', 60_000, () => child().length === 0);
			const session = await reaches({ api }, sessionId, 'COMPLETED', 'FAILED');
			expect(session.exitCode).toBe(0);
			const answer = await fetch(`${village.url}/api/sessions/${sessionId}/transcript?format=raw`, {
				headers: { authorization: `Bearer ${token}` }
			});
			const transcript = Buffer.from(await answer.arrayBuffer());
			const truth = readFileSync(log);
			expect(transcript.length).toBe(truth.length);
			expect(sha256(transcript)).toBe(sha256(truth));
		} finally {
			await village?.destroy();
			await killAll(dataDir);
			rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
		}
	});
