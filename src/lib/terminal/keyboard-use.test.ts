import { expect, test } from 'vitest';
import { hold, isLongPaste, MOST_HELD, NOTHING_TYPED, useOfKeys } from './keyboard-use.ts';
import { touchKeyBytes, withControl } from './keys.ts';

const me = { viewerId: 'me', userId: 'u1', name: 'Me' };
const other = { viewerId: 'other', userId: 'u2', name: 'Other' };

test('keys of the holder are sent, also what the emulator answers by itself', () => {
	expect(useOfKeys({ holder: me, requests: [] }, 'me', true, true, false)).toBe('send');
	expect(useOfKeys({ holder: me, requests: [] }, 'me', true, false, false)).toBe('send');
});

test('a free keyboard is asked for by typing, never by an answer of the emulator', () => {
	const free = { holder: null, requests: [] };
	expect(useOfKeys(free, 'me', true, true, false)).toBe('ask');
	expect(useOfKeys(free, 'me', true, true, true)).toBe('hold');
	expect(useOfKeys(free, 'me', true, false, false)).toBe('refuse');
});

test('while another types, or without the right, nothing is sent', () => {
	expect(useOfKeys({ holder: other, requests: [] }, 'me', true, true, false)).toBe('refuse');
	expect(useOfKeys({ holder: null, requests: [] }, 'me', false, true, false)).toBe('refuse');
	expect(useOfKeys({ holder: null, requests: [] }, null, true, true, false)).toBe('refuse');
});

test('what waits for the keyboard is bounded', () => {
	const full = hold(NOTHING_TYPED, new Uint8Array(MOST_HELD));
	expect(hold(full, new Uint8Array(1))).toBe(full);
});

test('a paste of more than five lines is long, a trailing line end counts for nothing', () => {
	expect(isLongPaste('1\n2\n3\n4\n5\n')).toBe(false);
	expect(isLongPaste('1\n2\n3\n4\n5\n6')).toBe(true);
});

test('arrows follow the mode of the program, and the sticky Ctrl makes control characters', () => {
	expect(touchKeyBytes('up', false)).toBe('\x1b[A');
	expect(touchKeyBytes('up', true)).toBe('\x1bOA');
	expect(touchKeyBytes('shift-tab', false)).toBe('\x1b[Z');
	expect(withControl('c')).toBe('\x03');
	expect(withControl('[')).toBe('\x1b');
	expect(withControl('é')).toBe('é');
	expect(withControl('paste')).toBe('paste');
});
