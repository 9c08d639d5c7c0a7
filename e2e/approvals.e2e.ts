// A question of a real process, on two screens: one answers, the other sees it close and who it was.
import { awake, expect, FRIEND, startCommand, stopAll, test } from './fixtures.ts';
import { PROGRAM } from './village.ts';

test.afterEach(({ home }) => stopAll(home));

const ask = (summary: string) =>
	`node ${PROGRAM} ask --action merge "${summary}"; echo "exit=$?"; sleep 30`;

test('a question is answered in the inbox of one person and closes on the screen of the other with the name', async ({
	home,
	page,
	friend
}) => {
	const sessionId = await startCommand(home, ask('Merge the bakery?'));
	for (const screen of [page, friend]) {
		await screen.goto('/approvals');
		await awake(screen);
		await expect(screen.getByRole('article', { name: 'Merge the bakery?' })).toBeVisible();
	}
	await friend
		.getByRole('article', { name: 'Merge the bakery?' })
		.getByRole('button', { name: 'Allow once' })
		.click();
	await expect(page.getByText(FRIEND.name).first()).toBeVisible();
	await expect(page.getByRole('button', { name: 'Allow once' })).toHaveCount(0);
	await page.goto(`/sessions/${sessionId}`);
	await expect(page.locator('.xterm-rows').first()).toContainText('exit=0');
});

test('a denial with a reason reaches the process as 1 and the history as it was said', async ({
	home,
	page
}) => {
	const sessionId = await startCommand(home, ask('Drop the table?'));
	await page.goto('/approvals');
	await awake(page);
	const card = page.getByRole('article', { name: 'Drop the table?' });
	await card.getByRole('button', { name: 'Deny…' }).click();
	await card.getByRole('textbox').fill('Not on a Friday');
	await card.getByRole('button', { name: /^deny/i }).click();
	await page.getByRole('tab', { name: /History/ }).click();
	await expect(page.getByText('Not on a Friday').first()).toBeVisible();
	await page.goto(`/sessions/${sessionId}`);
	await expect(page.locator('.xterm-rows').first()).toContainText('exit=1');
});

test('the same question is in the list of the village and on the page of its session', async ({
	home,
	page
}) => {
	const sessionId = await startCommand(home, ask('Paint the gate?'));
	await page.goto(`/sessions/${sessionId}`);
	await expect(page.getByText('Paint the gate?').first()).toBeVisible();
	await page.goto('/village?view=list');
	await awake(page);
	await page.getByRole('button', { name: 'Answer 1 waiting' }).click();
	await page.getByRole('button', { name: 'Allow once' }).first().click();
	await expect
		.poll(async () => (await home.api.sessions.get.query({ sessionId })).state)
		.toBe('RUNNING');
});
