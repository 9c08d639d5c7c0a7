// 28: what a browser is sent for a page of the production build, compressed, with an empty cache, and how long it takes until
// the page has come alive.
import { limit, type Row } from './measure.ts';
import { openBrowser, signIn } from './browser.ts';
import { openProduct } from './product.ts';

const PAGES = [
	['/sessions', 150],
	['/approvals', 150],
	['/runners', 150],
	['/settings/profile', 150],
	['/village', 900]
] as const;

export default async function bench(count: number): Promise<Row[]> {
	const browser = await openBrowser();
	if (!browser) return [];
	const product = await openProduct();
	const rows: Row[] = [];
	try {
		const storageState = await signIn(browser, product.signInUrl);
		for (const [path, most] of PAGES) {
			const bytes: number[] = [];
			const ready: number[] = [];
			for (let i = 0; i < Math.min(count, 5); i++) {
				const context = await browser.newContext({ storageState });
				const page = await context.newPage();
				const network = await context.newCDPSession(page);
				await network.send('Network.enable');
				await network.send('Network.setCacheDisabled', { cacheDisabled: true });
				let sum = 0;
				network.on(
					'Network.loadingFinished',
					({ encodedDataLength }) => (sum += encodedDataLength)
				);
				const from = performance.now();
				await page.goto(product.url + path);
				if (path === '/village') await page.waitForSelector('[data-drawn=true]');
				await page.waitForLoadState('load');
				ready.push(performance.now() - from);
				await page.waitForTimeout(1_500);
				bytes.push(sum / 1000);
				await context.close();
			}
			rows.push(limit('28 page', `${path}: transferred`, 'KB', bytes, { atMost: most }));
			const [time] = [limit('28 page', `${path}: until loaded`, 'ms', ready, { atMost: 0 })];
			rows.push({ ...time, target: '', met: null });
		}
		return rows;
	} finally {
		await browser.close();
		await product.close();
	}
}
