// What a session has changed, seen while it works.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	awake,
	expect,
	makeRepository,
	openChanges,
	reaches,
	stopAll,
	test,
	type Home
} from './fixtures.ts';

test.afterEach(({ home }) => stopAll(home));

/** A session in a house of its own, whose process waits until the file `go` is there. */
async function startIn(home: Home, name: string, command: string, options = {}) {
	const path = makeRepository(join(home.repository, '..', name));
	const house = await home.api.houses.add.mutate({
		villageId: home.villageId,
		source: 'local',
		runnerId: home.runnerId,
		path
	});
	const session = await home.api.sessions.create.mutate({
		orgId: home.orgId,
		providerId: 'custom',
		houseId: house.id,
		command,
		options
	});
	await reaches(home, session.id, 'RUNNING');
	return { path, sessionId: session.id };
}

test('files that change appear in the list, and each shows its lines', async ({ home, page }) => {
	const { sessionId, path } = await startIn(
		home,
		'pottery',
		'printf "# Pottery\\nOpen all day\\n" > README.md; echo cup > cup.txt; echo wrote; while [ ! -e go ]; do sleep 0.1; done; echo plate > plate.txt; echo wrote more; sleep 60',
		{ worktree: false }
	);
	await page.goto(`/sessions/${sessionId}`);
	await awake(page);
	await openChanges(page);
	const files = page.getByRole('list', { name: 'Changed files' });
	await expect(files.getByRole('button', { name: /README\.md/ })).toBeVisible();
	await expect(files.getByRole('button', { name: /cup\.txt/ })).toBeVisible();

	await files.getByRole('button', { name: /README\.md/ }).focus();
	await page.keyboard.press('ArrowDown');
	await expect(files.getByRole('button', { name: /cup\.txt/ })).toBeFocused();
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	const patch = page.getByRole('region', { name: 'Changes of README.md' });
	await expect(patch.getByText('removed # Bakery')).toBeVisible();
	await expect(patch.getByText('added Open all day')).toBeVisible();
	await patch.getByRole('button', { name: 'Next file' }).click();
	await expect(
		page.getByRole('region', { name: 'Changes of cup.txt' }).getByText('added cup')
	).toBeVisible();

	// Nobody presses anything: the list follows what the session does.
	writeFileSync(join(path, 'go'), '');
	await expect(files.getByRole('button', { name: /plate\.txt/ })).toBeVisible({ timeout: 20_000 });
	await page.keyboard.press('Escape');
	await expect(page.getByRole('region', { name: 'Changes of cup.txt' })).toBeHidden();
	await expect(page.getByRole('region', { name: 'Terminal' }).first()).toBeVisible();
});

test('a session without a repository says so', async ({ home, page }) => {
	const session = await home.api.sessions.create.mutate({
		orgId: home.orgId,
		providerId: 'custom',
		command: 'sleep 60'
	});
	await reaches(home, session.id, 'RUNNING');
	await page.goto(`/sessions/${session.id}`);
	await awake(page);
	await openChanges(page);
	await expect(page.getByText('No git repository is there.')).toBeVisible();
});

test('comments on lines outlive a reload, are sent as one prompt, and everybody sees that', async ({
	home,
	page
}) => {
	const { sessionId } = await startIn(
		home,
		'weaver',
		'printf "# Weaver\\nloom\\n" > README.md; echo wrote; cat',
		{ worktree: false }
	);
	const open = async () => {
		await page.goto(`/sessions/${sessionId}`);
		await awake(page);
		await openChanges(page);
		await page
			.getByRole('button', { name: /README\.md/ })
			.first()
			.click();
	};
	await open();
	await page.getByRole('button', { name: 'Comment on line 2', exact: true }).click();
	await page.getByRole('textbox', { name: 'Comment on line 2' }).fill('Say which loom.');
	await page.keyboard.press('Control+Enter');
	await page.getByRole('button', { name: 'Comment on line 1, removed' }).click();
	await page.getByRole('textbox', { name: 'Comment on line 1' }).fill('Why is this gone?');
	await page.getByRole('button', { name: 'Add comment' }).click();
	await page.getByRole('textbox', { name: 'General remark' }).fill('Nearly there.');
	await expect(page.getByText('2 comments')).toBeVisible();

	await open();
	const review = page.getByRole('region', { name: 'Review' });
	await expect(review.getByText('Say which loom.')).toBeVisible();
	await review.getByRole('button', { name: 'Send review…' }).click();
	const words = page.getByRole('textbox', { name: 'What is sent' });
	await expect(words).toHaveValue(/README\.md:2\n> loom\nSay which loom\.[\s\S]*Nearly there\./);
	await page.getByRole('button', { name: 'Send', exact: true }).click();
	await expect(words).toBeHidden();
	await expect(review.getByText('Say which loom.')).toBeHidden();
	await page.getByRole('button', { name: 'Activity' }).filter({ visible: true }).click();
	await expect(page.getByText('Review sent by you with 2 comments')).toBeVisible();
	await expect
		.poll(async () => {
			const { items } = await home.api.sessions.events.query({ sessionId, limit: 500 });
			return items.map((event) => JSON.stringify(event.data)).join('\n');
		})
		.toContain('Why is this gone?');
});

test('what a session left uncommitted is kept after its end, and removed with a patch of it', async ({
	home,
	page
}) => {
	const { sessionId } = await startIn(home, 'smithy', 'echo anvil > anvil.txt; read line', {});
	await home.api.sessions.input.mutate({ sessionId, data: '\r' });
	await reaches(home, sessionId, 'COMPLETED');
	await page.goto(`/sessions/${sessionId}`);
	await awake(page);
	await openChanges(page);
	const kept = page.getByRole('region', { name: 'Its worktree' });
	await expect(kept.getByText('1 file not committed')).toBeVisible({ timeout: 20_000 });
	await kept.getByRole('button', { name: 'Clean up…' }).click();
	const remove = page.getByRole('button', { name: 'Remove', exact: true });
	await expect(remove).toHaveAttribute('aria-disabled', 'true');
	await page.getByLabel('Type “discard” to remove it').fill('discard');
	const download = page.waitForEvent('download');
	await remove.click();
	expect((await download).suggestedFilename()).toBe(`${sessionId}.patch`);
	await expect(page.getByText('The workspace was removed.')).toBeVisible();
	await page.getByRole('button', { name: 'Activity' }).filter({ visible: true }).click();
	await expect(page.getByText('Worktree removed by you')).toBeVisible();
});
