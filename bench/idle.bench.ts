// 30: what the product costs when nobody looks and nothing runs, and what the map draws when nothing on it moves.
import { setTimeout as sleep } from 'node:timers/promises';
import { catchGame, openBrowser, signIn } from './browser.ts';
import { cpuOf, limit, rssMb, type Row } from './measure.ts';
import { openProduct } from './product.ts';

const SECONDS = 10;
const STILL_MS = 3_000;

interface Game {
	stats(): { frames: number };
}
type WithGame = typeof globalThis & { game?: Game };

export default async function bench(count: number): Promise<Row[]> {
	const product = await openProduct();
	const browser = await openBrowser();
	const cpu: number[] = [];
	const memory: number[] = [];
	const rows: Row[] = [];
	try {
		// Compilers of the embedded database and of V8 settle first.
		await sleep(8_000);
		for (let i = 0; i < Math.min(count, 5); i++) {
			const before = cpuOf(product.pids());
			await sleep(SECONDS * 1000);
			cpu.push((cpuOf(product.pids()) - before) / (SECONDS * 10));
			memory.push(product.pids().reduce((sum, pid) => sum + rssMb(pid), 0));
		}
		rows.push(
			limit('30 idle', 'CPU of all processes', '% of a core', cpu, { atMost: 1 }),
			limit('30 idle', 'memory of all processes', 'MB', memory, { atMost: 500 })
		);
		if (!browser) return rows;
		const context = await browser.newContext({
			storageState: await signIn(browser, product.signInUrl),
			reducedMotion: 'reduce'
		});
		const page = await context.newPage();
		await catchGame(page);
		await page.goto(`${product.url}/village`);
		await page.waitForFunction(() => (globalThis as WithGame).game);
		await page.waitForTimeout(3_000);
		const drawn = async () => {
			await page.evaluate(() => void (globalThis as WithGame).game!.stats());
			await page.waitForTimeout(STILL_MS);
			return page.evaluate(() => (globalThis as WithGame).game!.stats().frames);
		};
		rows.push(
			limit('30 idle', 'map visible, nothing moves: frames', 'frames', [await drawn()], {
				atMost: 0
			})
		);
		await page.evaluate(() => {
			Object.defineProperty(document, 'hidden', { value: true });
			Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
			document.dispatchEvent(new Event('visibilitychange'));
		});
		rows.push(limit('30 idle', 'page hidden: frames', 'frames', [await drawn()], { atMost: 0 }));
		return rows;
	} finally {
		await browser?.close();
		await product.close();
	}
}
