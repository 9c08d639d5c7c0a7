// The whole journey without a mouse: list, start, terminal, answer, stop.
import { awake, expect, stopAll, test } from './fixtures.ts';
import { PROGRAM } from './village.ts';

test.afterEach(({ home }) => stopAll(home));

test('a session is started, answered and stopped with the keyboard alone', async ({
	home,
	page
}) => {
	test.setTimeout(90_000);
	await page.goto('/sessions');
	await awake(page);
	await page.locator('header').getByRole('button', { name: 'Start an agent' }).focus();
	await page.keyboard.press('Enter');
	const dialog = page.getByRole('dialog', { name: 'Start an agent' });
	await expect(dialog).toBeVisible();
	await dialog.getByRole('radio', { name: /Command/ }).focus();
	await page.keyboard.press('Space');
	await dialog.getByLabel('Command', { exact: true }).last().focus();
	await page.keyboard.type(`node ${PROGRAM} ask --action merge "By keyboard?"; sleep 300`);
	await page.keyboard.press('Control+Enter');
	await expect(page).toHaveURL(/\/sessions\/|agent=/, { timeout: 20_000 });

	const find = async () =>
		(await home.api.approvals.list.query({ orgId: home.orgId, status: ['pending'] })).items.find(
			(one) => one.summary === 'By keyboard?'
		);
	await expect.poll(find, { timeout: 20_000 }).toBeTruthy();
	const { sessionId } = (await find())!;
	await page.goto('/approvals');
	await awake(page);
	const card = page.getByRole('article', { name: 'By keyboard?' });
	await card.getByRole('button', { name: 'Allow once' }).focus();
	await page.keyboard.press('Enter');
	await expect
		.poll(async () => (await home.api.sessions.get.query({ sessionId })).state)
		.toBe('RUNNING');

	await page.goto(`/sessions/${sessionId}`);
	await awake(page);
	await page.getByRole('button', { name: 'Stop', exact: true }).focus();
	await page.keyboard.press('Enter');
	const sure = page.getByRole('alertdialog').or(page.getByRole('dialog'));
	await expect(sure).toBeVisible();
	await sure.getByRole('button', { name: /stop/i }).focus();
	await page.keyboard.press('Enter');
	await expect
		.poll(async () => (await home.api.sessions.get.query({ sessionId })).state, { timeout: 20_000 })
		.toBe('STOPPED');
});

test('the palette opens with Ctrl K, finds a page, and Escape gives the focus back', async ({
	page
}) => {
	await page.goto('/sessions');
	await awake(page);
	await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor();
	await page.keyboard.press('Control+k');
	await expect(page.getByPlaceholder('Go to, start, stop, answer…')).toBeFocused();
	await page.keyboard.type('runners');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/\/runners$/);
	await page.keyboard.press('Control+k');
	await page.keyboard.press('Escape');
	await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the list of the village has the actions of the map: a house opens, and its menu starts an agent', async ({
	home,
	page
}) => {
	const house = await home.api.houses.add.mutate({
		villageId: home.villageId,
		source: 'local',
		runnerId: home.runnerId,
		path: home.repository,
		name: 'Twin house'
	});
	await page.goto('/village?view=list');
	await awake(page);
	const item = page.getByRole('treeitem', { name: /Twin house/ });
	await item.focus();
	await page.keyboard.press('Shift+F10');
	await expect(page.getByRole('menuitem', { name: /start/i })).toBeVisible();
	await page.keyboard.press('Escape');
	await item.focus();
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(new RegExp(`house=${house.id}`));
	await home.api.houses.remove.mutate({ houseId: house.id });
	await expect(item).toHaveCount(0);
});
