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

test('always makes the rule that was shown: the next question of its kind is answered by it, and the rule can be removed', async ({
	home,
	page
}) => {
	const asks = (args: string) =>
		`node ${PROGRAM} ask --action shell --command "npm test -- ${args}" "Test ${args}?"`;
	const sessionId = await startCommand(
		home,
		`${asks('one')} && ${asks('two')}; echo "exit=$?"; sleep 30`
	);
	await page.goto('/approvals');
	await awake(page);
	const card = page.getByRole('article', { name: 'Test one?' });
	await card.focus();
	await page.keyboard.press('A');
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('What').click();
	await page.getByRole('option', { name: /^npm test \*/ }).click();
	await expect(dialog.getByText('npm test *').last()).toBeVisible();
	await dialog.getByRole('button', { name: 'Allow from now on' }).click();
	await expect(dialog).toHaveCount(0);
	await page.goto(`/sessions/${sessionId}`);
	await expect(page.locator('.xterm-rows').first()).toContainText('exit=0');
	const { items } = await home.api.approvals.list.query({ orgId: home.orgId, sessionId });
	expect(items.map((one) => one.resolvedBy?.kind).toSorted()).toEqual(['policy', 'user']);
	await page.goto('/settings/rules');
	const rule = page.getByRole('row', { name: /npm test \*/ });
	await expect(rule).toContainText('1×');
	await rule.getByRole('button', { name: /^Remove/ }).click();
	await expect(page.getByRole('row', { name: /npm test \*/ })).toHaveCount(0);
});

test('a session that nobody attends is told no, and a bypass is shown in red until somebody ends it', async ({
	home,
	page
}) => {
	const sessionId = await startCommand(
		home,
		`read go; node ${PROGRAM} ask --action merge "Merge now?"; echo "exit=$?"; sleep 30`
	);
	await page.goto(`/sessions/${sessionId}`);
	await awake(page);
	await page.getByRole('button', { name: 'Details' }).first().click();
	await page.getByRole('switch', { name: 'Nobody attends this session' }).click();
	await expect(page.getByText('Unattended')).toBeVisible();
	await home.api.sessions.input.mutate({ sessionId, data: '\r' });
	await expect(page.locator('.xterm-rows').first()).toContainText('exit=1');
	await page.getByRole('button', { name: 'Allow everything for a while…' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Reason').fill('A release tonight');
	await dialog.getByRole('button', { name: 'Allow everything' }).click();
	await expect(page.getByText('Nobody is asked here')).toBeVisible();
	for (const path of ['/approvals', '/village', '/village?view=list']) {
		await page.goto(path);
		await awake(page);
		await expect(page.getByText(/^Nobody is asked by /)).toBeVisible();
	}
	await page.getByRole('button', { name: 'Ask again' }).click();
	await expect(page.getByText(/^Nobody is asked/)).toHaveCount(0);
});
