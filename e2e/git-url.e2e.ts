// A house from the address of a code host: fetched by the runner's own git, worked in, and said so when it cannot be.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { awake, becomeOwner, makeRepository } from './fixtures.ts';
import { serveGit } from './git-server.ts';
import { killAll } from './processes.ts';
import { newDataDir, startVillage } from './village.ts';

/** What a person's own git knows: where the code host really is. */
const HOST = 'https://code.example.org/';

test('an address becomes a house, an agent works in its code, and an address that leads nowhere says so', async ({
	browser
}) => {
	test.setTimeout(120_000);
	const dataDir = newDataDir();
	const repositories = join(dataDir, 'host');
	const home = join(dataDir, 'home');
	mkdirSync(home, { recursive: true });
	const work = makeRepository(join(dataDir, 'origin'));
	mkdirSync(repositories);
	execFileSync('git', ['clone', '-q', '--bare', work, join(repositories, 'bakery.git')]);
	const host = await serveGit(repositories);
	writeFileSync(join(home, '.gitconfig'), `[url "${host.url}"]\n\tinsteadOf = ${HOST}\n`);
	try {
		const village = await startVillage({ dataDir, env: { HOME: home } });
		const context = await browser.newContext({ baseURL: village.url });
		const page = await context.newPage();
		await becomeOwner(page, village.signInUrl);
		const add = async (address: string) => {
			await page.goto('/village?view=list');
			await awake(page);
			await page.getByRole('button', { name: 'Add a house' }).first().click();
			const dialog = page.getByRole('dialog');
			await dialog.getByRole('textbox', { name: 'Address' }).fill(address);
			await dialog.getByRole('button', { name: 'Add house' }).click();
			await expect(dialog).toHaveCount(0);
		};
		await test.step('the house stands and is fetched', async () => {
			await add(`${HOST}bakery.git`);
			await expect(page.getByText('bakery').first()).toBeVisible();
			await expect.poll(() => host.asked.length, { timeout: 20_000 }).toBeGreaterThan(0);
		});
		await test.step('a command runs in a worktree of it', async () => {
			await page.goto('/sessions');
			await awake(page);
			await page.locator('header').getByRole('button', { name: 'Start an agent' }).click();
			const dialog = page.getByRole('dialog', { name: 'Start an agent' });
			await dialog.getByRole('radio', { name: /Command/ }).click();
			await dialog
				.getByLabel('Command', { exact: true })
				.last()
				.fill('cat README.md; git branch --show-current; sleep 60');
			await dialog.getByLabel('House').click();
			await page.getByRole('option', { name: /bakery/ }).click();
			await page.keyboard.press('Control+Enter');
			await expect(dialog).toHaveCount(0);
			await page.goto('/sessions');
			await awake(page);
			await page.locator('a[data-row]').first().click();
			const screen = page.locator('.xterm-rows').first();
			await expect(screen).toContainText('# Bakery', { timeout: 30_000 });
			await expect(screen).toContainText('village/');
		});
		await test.step('an address that leads nowhere says why, and can be tried again', async () => {
			await add(`${HOST}nothing.git`);
			await page.getByText('nothing', { exact: true }).first().click();
			await expect(page.getByText(/could not be fetched/i).first()).toBeVisible({
				timeout: 30_000
			});
			await expect(page.getByRole('button', { name: /try again/i }).first()).toBeVisible();
		});
		await context.close();
	} finally {
		await killAll(dataDir);
		await host.close();
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
	}
});
