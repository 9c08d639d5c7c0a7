import '../../app.css';
import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import ButtonHarness from './testing/ButtonHarness.svelte';

test('a button does what it says', async () => {
	const onclick = vi.fn();
	const screen = await render(ButtonHarness, { onclick });
	await screen.getByRole('button', { name: 'Go' }).click();
	expect(onclick).toHaveBeenCalledOnce();
});

test('a button that cannot be used stays focusable, says why, and does nothing', async () => {
	const onclick = vi.fn();
	const screen = await render(ButtonHarness, { onclick, reason: 'It is not running.' });
	const button = screen.getByRole('button', { name: 'Go' });
	(button.element() as HTMLElement).focus();
	expect(document.activeElement).toBe(button.element());
	(button.element() as HTMLElement).click();
	expect(onclick).not.toHaveBeenCalled();
	await expect.element(button).toHaveAttribute('title', 'It is not running.');
	await expect.element(button).toHaveAttribute('aria-disabled', 'true');
});

test('a busy button keeps its width and cannot be pressed again', async () => {
	const onclick = vi.fn();
	const screen = await render(ButtonHarness, { onclick });
	const button = screen.getByRole('button', { name: 'Go' });
	const { width } = button.element().getBoundingClientRect();
	await screen.rerender({ onclick, busy: true });
	expect(button.element().getBoundingClientRect().width).toBeCloseTo(width, 0);
	(button.element() as HTMLElement).click();
	expect(onclick).not.toHaveBeenCalled();
});
