import { expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import CommandsHarness from './testing/CommandsHarness.svelte';

test('single keys and sequences run their commands', async () => {
	const did = vi.fn();
	await render(CommandsHarness, { did });
	await userEvent.keyboard('ags');
	expect(did.mock.calls.flat()).toEqual(['a', 'g s']);
});

test('a key that begins a sequence and is followed by another does nothing', async () => {
	const did = vi.fn();
	await render(CommandsHarness, { did });
	await userEvent.keyboard('gqs');
	expect(did).not.toHaveBeenCalled();
});

test('keys belong to the field that is typed into', async () => {
	const did = vi.fn();
	const screen = await render(CommandsHarness, { did });
	await screen.getByLabelText('Field').fill('');
	await userEvent.keyboard('a');
	expect(did).not.toHaveBeenCalled();
});

test('a command that cannot be used now does nothing', async () => {
	const did = vi.fn();
	await render(CommandsHarness, { did });
	await userEvent.keyboard('x');
	expect(did).not.toHaveBeenCalled();
});

test('Ctrl-K opens the palette, also while typing', async () => {
	const screen = await render(CommandsHarness, { did: () => {} });
	await screen.getByLabelText('Field').fill('text');
	await userEvent.keyboard('{Control>}k{/Control}');
	await expect.element(screen.getByTestId('palette')).toHaveTextContent('open');
});
