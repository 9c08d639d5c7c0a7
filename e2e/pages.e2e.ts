// Every page, in both themes and on a phone: nothing that axe finds, nothing wider than the screen, no error in the console.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, startCommand, stopAll, test } from './fixtures.ts';
import { PROGRAM } from './village.ts';

test.afterAll(({ home }) => stopAll(home));

const PAGES = [
	'/village',
	'/village?view=list',
	'/sessions',
	'/approvals',
	'/runners',
	'/settings/profile',
	'/settings/members',
	'/settings/rules',
	'/settings/tokens'
];

function listenForErrors(page: Page): string[] {
	const errors: string[] = [];
	page.on('pageerror', (error) => errors.push(error.message));
	page.on('console', (message) => {
		if (message.type() === 'error') errors.push(message.text());
	});
	return errors;
}

async function settle(page: Page, path: string): Promise<void> {
	await page.goto(path);
	await page.locator('main').waitFor();
	if (path === '/village') await page.locator('[data-drawn="true"]').waitFor({ timeout: 30_000 });
	await page.waitForLoadState('load');
	await page.waitForTimeout(300);
}

const STANDARD = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
/** What the other theme can change. */
const COLOURS = { runOnly: ['color-contrast', 'link-in-text-block'] };

/** What axe finds on a page in the theme that it has. */
async function violations(page: Page, where: string, options = STANDARD): Promise<string[]> {
	const found = await new AxeBuilder({ page })
		// What a program prints in its own colours is not ours to change.
		.exclude('.xterm')
		.options({ ...options, resultTypes: ['violations'] })
		.analyze();
	return found.violations.map(
		(one) => `${where} ${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`
	);
}

test('no page has anything for axe to report, in the light or the dark', async ({ home, page }) => {
	test.setTimeout(150_000);
	const ask = await startCommand(
		home,
		`node ${PROGRAM} ask --action merge "Merge PR 7?"; sleep 60`
	);
	const errors = listenForErrors(page);
	for (const path of [...PAGES, `/sessions/${ask}`]) {
		await page.emulateMedia({ colorScheme: 'light' });
		await settle(page, path);
		expect(await violations(page, `${path} (light)`)).toEqual([]);
		await page.emulateMedia({ colorScheme: 'dark' });
		await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
		expect(await violations(page, `${path} (dark)`, COLOURS)).toEqual([]);
	}
	expect(errors).toEqual([]);
});

test('the pages before sign-in have nothing for axe to report either', async ({
	home,
	browser
}) => {
	const context = await browser.newContext({ baseURL: home.village.url });
	const page = await context.newPage();
	for (const path of ['/login', '/sign-in/used-up', '/invite/used-up']) {
		await page.goto(path);
		const { violations } = await new AxeBuilder({ page }).analyze();
		expect(violations.map((one) => `${path} ${one.id}`)).toEqual([]);
	}
	await context.close();
});

test('every page works 390 pixels wide: nothing sticks out, and an approval is answered there', async ({
	home,
	page
}) => {
	test.setTimeout(120_000);
	const sessionId = await startCommand(
		home,
		`node ${PROGRAM} ask --action merge "On the phone?"; sleep 60`
	);
	await page.setViewportSize({ width: 390, height: 844 });
	for (const path of [...PAGES, `/sessions/${sessionId}`]) {
		await settle(page, path);
		const sticksOut = await page.evaluate(
			() => document.documentElement.scrollWidth - document.documentElement.clientWidth
		);
		expect(sticksOut, path).toBeLessThanOrEqual(0);
	}
	await page.goto('/approvals');
	const card = page.getByRole('article', { name: 'On the phone?' });
	const allow = card.getByRole('button', { name: 'Allow once' });
	expect((await allow.boundingBox())!.height).toBeGreaterThanOrEqual(36);
	await allow.click();
	await expect
		.poll(async () => (await home.api.sessions.get.query({ sessionId })).state)
		.toBe('RUNNING');
});
