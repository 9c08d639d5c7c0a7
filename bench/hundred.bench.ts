// 31: a hundred sessions on one runner for minutes: ninety-nine that print twenty lines a second, and one that is typed into.
// Is typing still immediate, does the list still answer, and is every transcript what its program wrote to a log of its own.
// BENCH_MINUTES shortens it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { openBrowser, signIn } from './browser.ts';
import { cpuOf, limit, quantile, rssMb, type Row } from './measure.ts';
import { attach, openProduct, type Product } from './product.ts';
import { ask, ready, type Viewer } from './relay.ts';

/** What a runner may hold is a hundred: these, and the one that is typed into. */
const PRINTING = 99;
const KEY_EVERY_MS = 100;
const ACT_EVERY_MS = 1_000;
const START_MS = 120_000;
const END_MS = 60_000;

/**
 * Until the file `stop` exists; `tee` writes what goes to the terminal to a log, and no line ending is rewritten on the way.
 * `sleep` and `date` are two processes a line: a machine that cannot make four thousand of them a second is full, and
 * prints less. With BENCH_PROGRAM=builtin the shell prints by itself, and twenty lines a second are twenty.
 */
const printing = (dir: string, n: number) => {
	const [wait, print] =
		process.env.BENCH_PROGRAM === 'builtin'
			? ['! read -t 0.05 -u 3', `printf '%(%a %b %e %H:%M:%S %Z %Y)T\\n'`]
			: ['sleep 0.05', 'date'];
	return `stty -opost; exec 3<> <(:); while ${wait} && [ ! -e ${dir}/stop ]; do ${print}; done | tee ${dir}/${n}.log`;
};

/**
 * People look from machines of their own: where the machine allows it, who types and who looks is weighed as if nothing
 * else ran here, or the browser would be measured waiting for the programs it is to show.
 */
function elsewhere(): void {
	const ofBrowser = readdirSync('/proc').filter((pid) => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('chrom');
		} catch {
			return false;
		}
	});
	for (const pid of ['self', ...ofBrowser])
		try {
			writeFileSync(`/proc/${pid}/autogroup`, '-15');
		} catch {
			// Not root, or a kernel that does not weigh sessions against each other.
		}
}

/** Asks until something holds. */
async function until(what: string, ms: number, holds: () => Promise<boolean>): Promise<void> {
	for (const end = performance.now() + ms; !(await holds()); await sleep(200))
		if (performance.now() > end) throw new Error(`${what} took more than ${ms / 1000} s`);
}

/** Types a key, waits for its echo and pauses, until it is told to stop. Milliseconds of each. */
async function typing(viewer: Viewer, on: () => boolean): Promise<number[]> {
	const times: number[] = [];
	while (on()) {
		const from = performance.now();
		await new Promise<void>((resolve) => {
			const late = setTimeout(resolve, 5_000);
			viewer.onBytes = () => {
				clearTimeout(late);
				resolve();
			};
			viewer.type(Buffer.from('k'));
		});
		times.push(performance.now() - from);
		await sleep(KEY_EVERY_MS);
	}
	return times;
}

async function asking(product: Product, on: () => boolean): Promise<number[]> {
	const times: number[] = [];
	while (on()) {
		const from = performance.now();
		await product.api.sessions.list.query({ orgId: product.orgId });
		times.push(performance.now() - from);
		await sleep(ACT_EVERY_MS);
	}
	return times;
}

/** Moves through the list, searches and takes it back; the browser itself says how long each took until it was painted. */
async function acting(page: Page, on: () => boolean): Promise<number[]> {
	await page.evaluate(() => {
		const seen = window as unknown as { took: number[] };
		seen.took = [];
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries() as (PerformanceEntry & { interactionId: number })[])
				if (entry.interactionId > 0) seen.took.push(entry.duration);
		}).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
	});
	let actions = 0;
	for (; on(); actions++) {
		for (const key of ['j', 'j', 'k', 'f', 'd', 'a', 'Backspace', 'Backspace', 'Escape']) {
			await page.keyboard.press(key);
			await sleep(KEY_EVERY_MS);
		}
		await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
		await sleep(ACT_EVERY_MS);
	}
	const took = await page.evaluate(() => (window as unknown as { took: number[] }).took);
	// What took less than 16 ms is not reported: it counts as that.
	return [...took, ...Array.from({ length: Math.max(0, actions * 9 - took.length) }, () => 16)];
}

/** Everything a session printed, from the first byte on, as a viewer who comes afterwards gets it. */
async function transcript(product: Product, id: string): Promise<Buffer> {
	const parts: Buffer[] = [];
	let ended = () => {};
	const end = new Promise<void>((resolve) => (ended = resolve));
	const viewer = await attach(product.url, product.person(0), id, {
		onBytes: (bytes) => parts.push(Buffer.from(bytes)),
		onMessage: (message) => message.t === 'exit' && ended()
	});
	await Promise.race([end, sleep(END_MS)]);
	viewer.close();
	return Buffer.concat(parts);
}

export default async function bench(): Promise<Row[]> {
	const minutes = Number(process.env.BENCH_MINUTES ?? 5);
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	const product = await openProduct({ env: { VILLAGE_MAX_SESSIONS: '100' } });
	const browser = await openBrowser();
	const { api, orgId } = product;
	const name = '31 hundred';
	try {
		const [runner] = await api.runners.list.query({ orgId });
		await api.runners.setCapacity.mutate({ runnerId: runner!.id, capacity: 100 });

		const typed = await product.start(ask('cat'));
		const viewer = await product.attach(typed);
		let seen = false;
		viewer.onBytes = () => (seen = true);
		await ready(viewer, () => seen);
		viewer.type(Buffer.from('g'));

		const began = performance.now();
		const ids: string[] = [];
		for (let n = 0; n < PRINTING; n++) ids.push(await product.start(printing(dir, n)));
		await until('the start of a hundred sessions', START_MS, async () => {
			const running = await api.sessions.list.query({ orgId, state: ['RUNNING'], pageSize: 1 });
			return running.total >= PRINTING + 1;
		});
		const startSeconds = (performance.now() - began) / 1000;
		console.error(`all run after ${startSeconds.toFixed(1)} s`);

		let page: Page | null = null;
		if (browser) {
			const context = await browser.newContext({
				storageState: await signIn(browser, product.signInUrl)
			});
			page = await context.newPage();
			await page.goto(`${product.url}/sessions`);
			await page.getByRole('row').nth(50).waitFor();
		}

		if (process.platform === 'linux') elsewhere();
		const endsAt = performance.now() + minutes * 60_000;
		const on = () => performance.now() < endsAt;
		const cpu = cpuOf(product.pids());
		const [echoes, lists, acts] = await Promise.all([
			typing(viewer, on),
			asking(product, on),
			page ? acting(page, on) : []
		]);
		const used = (cpuOf(product.pids()) - cpu) / (minutes * 600);
		const memory = product.pids().reduce((sum, pid) => sum + rssMb(pid), 0);
		await browser?.close();
		viewer.close();
		writeFileSync(join(dir, 'stop'), '');
		await until('the end of a hundred sessions', END_MS, async () => {
			const running = await api.sessions.list.query({ orgId, state: ['RUNNING'], pageSize: 1 });
			return running.total <= 1;
		});
		console.error('all ended; comparing transcripts');
		let different = 0;
		let bytes = 0;
		for (const [n, id] of ids.entries()) {
			const log = readFileSync(join(dir, `${n}.log`));
			const kept = await transcript(product, id);
			if (log.length === 0 || !kept.equals(log)) different++;
			bytes += log.length;
		}
		const title = `${minutes} min, ${PRINTING} sessions that print`;
		return [
			limit(name, `${title}: key to echo in another, p50`, 'ms', [quantile(echoes, 0.5)], {
				atMost: 100
			}),
			limit(name, `${title}: key to echo in another, p99`, 'ms', [quantile(echoes, 0.99)], {
				atMost: 100
			}),
			...(acts.length > 0
				? [
						limit(
							name,
							'keys in the list of sessions until painted, p99',
							'ms',
							[quantile(acts, 0.99)],
							{
								atMost: 150
							}
						)
					]
				: []),
			limit(name, 'call for the list, p99', 'ms', [quantile(lists, 0.99)], { atMost: 150 }),
			limit(
				name,
				`transcripts that differ from the program’s own log (${Math.round(bytes / 1e6)} MB)`,
				`of ${PRINTING}`,
				[different],
				{
					atMost: 0
				}
			),
			{ ...limit(name, 'from the first call until all run', 's', [startSeconds], { atMost: 60 }) },
			{ ...limit(name, 'CPU of the product', '% of a core', [used], { atMost: 100 }) },
			{ ...limit(name, 'memory of the product', 'MB', [memory], { atMost: 1_000 }) }
		];
	} finally {
		await browser?.close();
		writeFileSync(join(dir, 'stop'), '');
		await product.close();
		rmSync(dir, { recursive: true, force: true });
	}
}
