// 26: JavaScript per frame of the map with hundreds of villagers and 200 changes a second, beside as many plain Phaser sprites.
// Software GL: frames per second would say nothing, the time of our own code does.
import { createServer } from 'node:http';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { build } from 'vite';
import { packageRoot } from '#server/package-root.ts';
import { openBrowser } from './browser.ts';
import { compare, exponent, limit, median, quantile, rounds, type Row } from './measure.ts';

const SIZES = [200, 500, 2_000];
const MS = 4_000;
const TYPES: Record<string, string> = {
	'.js': 'text/javascript',
	'.json': 'application/json',
	'.png': 'image/png',
	'.webp': 'image/webp'
};

/** Serves the bundle and the product's pictures. */
async function serve(dir: string): Promise<{ url: string; close(): void }> {
	const server = createServer((request, response) => {
		const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
		if (path === '/') {
			response.setHeader('content-type', 'text/html');
			response.end(
				'<!doctype html><body style="margin:0"><script type="module" src="/page.js"></script>'
			);
			return;
		}
		const file = [join(dir, path), join(packageRoot(), 'static', path)].find(existsSync);
		response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
		if (file) createReadStream(file).pipe(response);
		else response.writeHead(404).end();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		close: () => (server.closeAllConnections(), server.close())
	};
}

export default async function bench(count: number): Promise<Row[]> {
	const browser = await openBrowser();
	if (!browser) return [];
	const dir = mkdtempSync(join(tmpdir(), 'vb-'));
	await build({
		root: packageRoot(),
		configFile: false,
		logLevel: 'warn',
		publicDir: false,
		build: {
			outDir: dir,
			emptyOutDir: true,
			rolldownOptions: {
				input: { page: join(packageRoot(), 'bench/village-page.ts') },
				output: { entryFileNames: '[name].js' }
			}
		}
	});
	const site = await serve(dir);
	const rows: Row[] = [];
	const growth: [number, number][] = [];
	try {
		const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
		await page.goto(site.url);
		await page.waitForFunction(() => 'bench' in globalThis);
		type Bench = {
			bench: Record<'ours' | 'plain', (n: number, ms: number) => Promise<{ frames: number[] }>>;
		};
		const run = (which: 'ours' | 'plain', size: number) =>
			page.evaluate(([what, n, ms]) => (globalThis as unknown as Bench).bench[what](n, ms), [
				which,
				size,
				MS
			] as const);
		for (const size of SIZES) {
			const measured = await rounds(Math.min(count, 3), [
				{ name: 'ours', run: () => run('ours', size) },
				{ name: 'plain', run: () => run('plain', size) }
			]);
			const each = measured.get('ours')!.map(({ frames }) => frames);
			const ours = each.map(median);
			const plain = measured.get('plain')!.map(({ frames }) => median(frames));
			const slow = each.map((frames) => quantile(frames, 0.95));
			growth.push([size, median(ours)]);
			rows.push(
				compare(
					...(['26 village.js', `${size} villagers: JS per frame, p50`, 'ms', ours] as const),
					'plain sprites',
					plain,
					{ atMost: 0.5 }
				),
				limit('26 village.js', `${size} villagers: JS per frame, p95`, 'ms', slow, { atMost: 4 })
			);
		}
		rows.push(exponent('26 village.js', `JS by villagers (${SIZES.join(', ')})`, growth));
		return rows;
	} finally {
		site.close();
		await browser.close();
		rmSync(dir, { recursive: true, force: true });
	}
}
