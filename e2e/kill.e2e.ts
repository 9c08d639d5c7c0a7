// `kill -9` of server, of runner and of both while a session prints: afterwards the same process goes on, and the transcript
// equals, byte for byte, the log that the child wrote itself. KILL_ROUNDS=20 is the full count.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { apiOf, type Api } from './api.ts';
import { reaches, startCommand } from './fixtures.ts';
import { kill9, killAll, processesSaying, until } from './processes.ts';
import { createToken, newDataDir, ROOT, startVillage, type Village } from './village.ts';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 2);
const MB_PER_SECOND = 5;
const BURST = join(ROOT, 'e2e', 'agents', 'burst.js');

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What the server keeps of one session; a longer one is compared in several sessions. */
const KEPT = 64 * 1024 * 1024;
/** No further kill in a session that has printed this much: the rest is for what it prints until it is told to stop. */
const ENOUGH = 30_000_000;
const MOST_MB = 60;
const size = (file: string) => (existsSync(file) ? statSync(file).size : 0);

async function condition(api: Api, sessionId: string): Promise<string> {
	const { state, connectivity } = await api.sessions.get.query({ sessionId });
	return `${state}, ${connectivity}`;
}

type Victim = 'server' | 'runner' | 'both';

function kill(dataDir: string, victim: Victim): void {
	if (victim !== 'runner') for (const { pid } of processesSaying(dataDir, ' up ')) kill9(pid);
	if (victim !== 'server')
		for (const { pid } of processesSaying(dataDir, 'runner start')) kill9(pid);
}

for (const victim of ['server', 'runner', 'both'] as const)
	test(`kill -9 of ${victim === 'both' ? 'server and runner' : `the ${victim}`} × ${ROUNDS} loses no byte of a session that prints ${MB_PER_SECOND} MB/s`, async () => {
		test.setTimeout(90_000 + ROUNDS * 45_000);
		const dataDir = newDataDir();
		let village: Village | null = null;
		try {
			village = await startVillage({ dataDir });
			const token = createToken(dataDir, 'owner');
			let api = apiOf(village.url, token);
			const [first] = await api.villages.list.query();
			const child = () => processesSaying(dataDir, 'burst.js').map(({ pid }) => pid);
			let round = 0;
			for (let run = 0; round < ROUNDS; run++) {
				const log = join(dataDir, `child-${run}.log`);
				const sessionId = await startCommand(
					{ api, orgId: first!.orgId },
					`stty -opost && exec node ${BURST} ${log} ${MB_PER_SECOND} ${MOST_MB}`
				);
				await until('the child prints', 20_000, () => child().length > 0 && size(log) > 1e6);
				const [pid] = child();
				for (; round < ROUNDS && size(log) < ENOUGH; round++) {
					await sleep(200 + ((round * 137) % 700));
					kill(dataDir, victim);
					if (victim !== 'runner') {
						const servers = () => processesSaying(dataDir, ' up ').length;
						await until('the server is dead', 5_000, () => servers() === 0);
						village = await startVillage({ dataDir });
						api = apiOf(village.url, token);
					}
					const runners = () => processesSaying(dataDir, 'runner start').length;
					await until('a runner runs again', 30_000, () => runners() > 0);
					await expect
						.poll(() => condition(api, sessionId), { timeout: 30_000 })
						.toBe('RUNNING, ok');
					expect(child(), 'the same process goes on').toEqual([pid]);
				}
				writeFileSync(`${log}.stop`, '');
				const session = await reaches({ api }, sessionId, 'COMPLETED', 'FAILED');
				expect(session.exitCode).toBe(0);
				const answer = await fetch(
					`${village.url}/api/sessions/${sessionId}/transcript?format=raw`,
					{ headers: { authorization: `Bearer ${token}` } }
				);
				const transcript = Buffer.from(await answer.arrayBuffer());
				const truth = readFileSync(log);
				expect(truth.length, 'all of it is kept, so all of it is compared').toBeLessThan(KEPT);
				expect(transcript.length).toBe(truth.length);
				expect(sha256(transcript)).toBe(sha256(truth));
			}
		} finally {
			await village?.destroy();
			await killAll(dataDir);
			rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
		}
	});
