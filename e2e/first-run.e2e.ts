// The first minute of a stranger: a link, a name, a village, and work that is alive.
import { rmSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { awake, becomeOwner, OWNER } from './fixtures.ts';
import { killAll } from './processes.ts';
import { newDataDir, startVillage, village as program } from './village.ts';

let dataDir: string;
test.beforeEach(() => {
	dataDir = newDataDir();
});
test.afterEach(async () => {
	await killAll(dataDir);
	rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

test('the printed link makes the owner once, and the demo does real work that one button removes', async ({
	browser
}) => {
	test.setTimeout(120_000);
	const village = await startVillage({ dataDir, args: ['--demo'] });
	const context = await browser.newContext({ baseURL: village.url });
	const page = await context.newPage();

	await test.step('nobody gets in without the link', async () => {
		await page.goto('/village');
		await expect(page).toHaveURL(/\/login/);
	});
	await test.step('the link asks for a name and opens the village', async () => {
		await becomeOwner(page, village.signInUrl);
		await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
		await expect(page.getByRole('region', { name: 'First steps' })).toBeVisible();
	});
	await test.step('the link works only once', async () => {
		const stranger = await browser.newContext();
		const other = await stranger.newPage();
		await other.goto(village.signInUrl);
		await expect(other.getByText(/not valid any more/)).toBeVisible();
		await stranger.close();
	});
	await test.step('the demo agent asks a real question, which is answered here', async () => {
		await page.goto('/approvals');
		await awake(page);
		const card = page.getByRole('article').first();
		await expect(card).toBeVisible({ timeout: 60_000 });
		await card.getByRole('button', { name: 'Allow once' }).click();
		await page.getByRole('tab', { name: /History/ }).click();
		await expect(page.getByRole('table').getByText(OWNER.name).first()).toBeVisible();
	});
	await test.step('one button removes it', async () => {
		await page.goto('/village?view=list');
		await awake(page);
		const banner = page.getByRole('complementary', { name: 'Demo' });
		await banner.getByRole('button', { name: 'Remove demo' }).click();
		const sure = page.getByRole('alertdialog').or(page.getByRole('dialog'));
		await sure.getByRole('button', { name: /remove/i }).click();
		await expect(banner).toHaveCount(0, { timeout: 20_000 });
	});
	await test.step('a new link from the program signs in, once', async () => {
		const link = program(['login-link', '--json', '--data-dir', dataDir]);
		expect(link.code).toBe(0);
		const { url } = JSON.parse(link.stdout) as { url: string };
		const fresh = await browser.newContext();
		const phone = await fresh.newPage();
		await phone.goto(url);
		await expect(phone).toHaveURL(/\/village/);
		await fresh.close();
	});
	await context.close();
});
