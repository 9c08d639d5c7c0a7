// A browser for the benchmarks that need one; without it they say so and measure nothing.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';

const PROGRAM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Opens Chromium with software GL, or null when there is none. */
export async function openBrowser(): Promise<Browser | null> {
	return chromium
		.launch({
			...(existsSync(PROGRAM) ? { executablePath: PROGRAM } : {}),
			args: [
				...['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
				...['--no-first-run', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
			]
		})
		.catch(() => null);
}

/** Makes the owner through the one-time link; answers with the cookies. */
export async function signIn(
	browser: Browser,
	signInUrl: string
): Promise<Awaited<ReturnType<BrowserContext['storageState']>>> {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(signInUrl);
	await page.getByLabel('Your name').fill('Ada');
	await page.getByRole('button', { name: 'Enter the village' }).click();
	await page.waitForURL(/\/village$/);
	const state = await context.storageState();
	await context.close();
	return state;
}

/** Keeps the game's handle on the page when the map is drawn. */
export async function catchGame(page: Page): Promise<void> {
	await page.addInitScript(() => {
		document.addEventListener('village-drawn', (event) => {
			(window as unknown as { game: unknown }).game = (event as CustomEvent).detail;
		});
	});
}
