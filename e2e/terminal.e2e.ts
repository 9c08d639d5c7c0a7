// From a click on a villager to the live terminal of its real process, and back after a reload.
import type { Page } from '@playwright/test';
import type { GameHandle } from '#game/port.ts';
import { expect, startCommand, stopAll, test, type Home } from './fixtures.ts';

test.afterEach(({ home }) => stopAll(home));

/** What stands on the screen of the page's terminal. */
const screen = (page: Page) => page.locator('.xterm-rows').first();

/** Types as a person does: into the emulator, once it says that it is live. */
async function type(page: Page, text: string): Promise<void> {
	await expect(page.getByText('Live', { exact: true }).first()).toBeVisible();
	await page.getByRole('textbox', { name: 'Terminal input' }).first().focus();
	await page.keyboard.type(text);
	await page.keyboard.press('Enter');
}

async function shell(home: Home): Promise<{ sessionId: string; agentId: string }> {
	const session = await home.api.sessions.create.mutate({ orgId: home.orgId, providerId: 'shell' });
	await expect
		.poll(async () => (await home.api.sessions.get.query({ sessionId: session.id })).state, {
			timeout: 20_000
		})
		.toBe('RUNNING');
	return { sessionId: session.id, agentId: session.agentId };
}

test('a click on a villager of the map opens the live terminal of its process', async ({
	home,
	page
}) => {
	const { agentId } = await shell(home);
	await page.addInitScript(() => {
		addEventListener('village-drawn', (event) => {
			(globalThis as { village?: unknown }).village = (event as CustomEvent).detail;
		});
	});
	await page.goto('/village');
	await expect(page.locator('[data-drawn="true"]')).toBeVisible({ timeout: 30_000 });
	// Villagers walk: looked up and clicked again until the sheet is open.
	await expect(async () => {
		const at = await page.evaluate((id) => {
			const { village } = globalThis as unknown as { village: GameHandle };
			village.focus('villager', id);
			return village.locate('villager', id);
		}, agentId);
		const box = await page.locator('canvas').first().boundingBox();
		if (at && box) await page.mouse.click(box.x + at.x, box.y + at.y + 14);
		await expect(page.locator('[data-terminal-of]')).toBeVisible({ timeout: 1_500 });
	}).toPass({ timeout: 30_000 });
	await expect(page).toHaveURL(new RegExp(`agent=${agentId}`));
	await type(page, 'echo $((6*7)) from the map');
	await expect(screen(page)).toContainText('42 from the map');
});

test('what is typed reaches the process, a resize reaches it too, and a reload loses nothing', async ({
	home,
	page
}) => {
	const { sessionId } = await shell(home);
	await page.goto(`/sessions/${sessionId}`);
	await expect(page.getByText('Live', { exact: true }).first()).toBeVisible();
	await type(page, 'for i in 1 2 3; do echo "line $i of $((i*111))"; done');
	await expect(screen(page)).toContainText('line 3 of 333');

	await test.step('resize', async () => {
		await page.setViewportSize({ width: 1000, height: 600 });
		await page.waitForTimeout(600);
		await type(page, 'echo "size=$(stty size | tr " " x);"');
		await expect(screen(page)).toContainText(/size=\d+x\d+;/);
		const [, rows, cols] = /size=(\d+)x(\d+);/.exec(await screen(page).innerText())!.map(Number);
		expect(cols).toBeGreaterThanOrEqual(80);
		expect(rows).toBeGreaterThanOrEqual(24);
		const session = await home.api.sessions.get.query({ sessionId });
		expect(session.state).toBe('RUNNING');
	});
	await test.step('reload', async () => {
		await page.setViewportSize({ width: 1280, height: 800 });
		await type(page, '(sleep 1; echo printed while away) &');
		await page.reload();
		await expect(screen(page)).toContainText('line 1 of 111');
		await expect(screen(page)).toContainText('printed while away');
		await type(page, 'echo still the same $$');
		await expect(screen(page)).toContainText(/still the same \d+/);
	});
	await test.step('exit', async () => {
		await type(page, 'exit 3');
		await expect(page.getByText(/\b3\b/).first()).toBeVisible();
		await expect
			.poll(async () => (await home.api.sessions.get.query({ sessionId })).exitCode)
			.toBe(3);
	});
});

test('two people see the same terminal and one holds the keyboard', async ({
	home,
	page,
	friend
}) => {
	const { sessionId } = await shell(home);
	await page.goto(`/sessions/${sessionId}`);
	await friend.goto(`/sessions/${sessionId}`);
	await expect(friend.getByText('Live', { exact: true }).first()).toBeVisible();
	await type(page, 'echo from $((40+2))');
	await expect(screen(friend)).toContainText('from 42');
	await type(friend, 'echo stolen $((40+3))');
	await friend.waitForTimeout(800);
	await expect(screen(page)).not.toContainText('stolen 43');
});

test('a flood of output leaves the page usable and ends on the right screen', async ({
	home,
	page
}) => {
	const sessionId = await startCommand(home, 'read -r go; seq 1 200000; echo @@END@@; sleep 60');
	await page.goto(`/sessions/${sessionId}`);
	await expect(page.getByText('Live', { exact: true }).first()).toBeVisible();
	await type(page, 'go');
	await page.getByRole('button', { name: 'Details' }).click({ timeout: 5_000 });
	await expect(screen(page)).toContainText('@@END@@', { timeout: 30_000 });
	await expect(screen(page)).toContainText('200000');
});
