import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FREE_KEYBOARD, keyboardAfter, leftKeyboard } from './keyboard.ts';

const person = (id: string) => ({ viewerId: id, userId: `user-${id}`, name: id.toUpperCase() });
const after = (state: typeof FREE_KEYBOARD, id: string, action: 'request' | 'take' | 'release') => {
	const result = keyboardAfter(state, person(id), action);
	if (!result.ok) throw new Error(result.reason);
	return result.state;
};

test('a free keyboard goes to whoever asks', () => {
	expect(after(FREE_KEYBOARD, 'a', 'request').holder?.viewerId).toBe('a');
});

test('a held one is asked for, and the holder gives it', () => {
	const asked = after(after(FREE_KEYBOARD, 'a', 'request'), 'b', 'request');
	expect(asked.holder?.viewerId).toBe('a');
	expect(asked.requests.map((p) => p.viewerId)).toEqual(['b']);
	const granted = keyboardAfter(asked, person('a'), 'grant', 'b');
	expect(granted).toMatchObject({ ok: true, state: { holder: { viewerId: 'b' }, requests: [] } });
	expect(keyboardAfter(asked, person('b'), 'grant', 'b')).toEqual({
		ok: false,
		reason: 'not_holder'
	});
	expect(keyboardAfter(asked, person('a'), 'grant', 'nobody')).toEqual({
		ok: false,
		reason: 'no_request'
	});
});

test('taking over needs no answer', () => {
	const taken = after(after(FREE_KEYBOARD, 'a', 'request'), 'b', 'take');
	expect(taken.holder?.viewerId).toBe('b');
});

test('when the holder leaves, whoever asked first has it', () => {
	let state = after(FREE_KEYBOARD, 'a', 'request');
	state = after(after(state, 'b', 'request'), 'c', 'request');
	expect(leftKeyboard(state, 'a').state.holder?.viewerId).toBe('b');
});

test('whatever people do, nobody holds and asks at once, and nobody asks twice', () => {
	const step = fc.record({
		who: fc.constantFrom('a', 'b', 'c'),
		action: fc.constantFrom('request', 'take', 'release', 'grant', 'refuse', 'leave' as const),
		to: fc.constantFrom('a', 'b', 'c')
	});
	fc.assert(
		fc.property(fc.array(step), (steps) => {
			let state = FREE_KEYBOARD;
			for (const { who, action, to } of steps) {
				const result =
					action === 'leave'
						? leftKeyboard(state, who)
						: keyboardAfter(state, person(who), action, to);
				if (result.ok) state = result.state;
				const asking = state.requests.map((p) => p.viewerId);
				expect(new Set(asking).size).toBe(asking.length);
				expect(asking).not.toContain(state.holder?.viewerId);
				if (!state.holder) expect(asking).toEqual([]);
			}
		})
	);
});
