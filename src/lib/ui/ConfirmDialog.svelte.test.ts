import { expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import ConfirmDialog from './ConfirmDialog.svelte';

const words = { open: true, title: 'Stop Juniper?', text: 'It ends.', action: 'Stop session' };

test('the safe answer has the focus, and Escape decides nothing', async () => {
	const run = vi.fn(() => Promise.resolve());
	const screen = await render(ConfirmDialog, { ...words, run });
	await expect.element(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus();
	await userEvent.keyboard('{Escape}');
	await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument();
	expect(run).not.toHaveBeenCalled();
});

test('it closes when the deed was done', async () => {
	const screen = await render(ConfirmDialog, { ...words, run: () => Promise.resolve() });
	await screen.getByRole('button', { name: 'Stop session' }).click();
	await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument();
});

test('it stays open when the deed was refused', async () => {
	const screen = await render(ConfirmDialog, { ...words, run: () => Promise.resolve(false) });
	await screen.getByRole('button', { name: 'Stop session' }).click();
	await expect.element(screen.getByRole('dialog')).toBeVisible();
});
