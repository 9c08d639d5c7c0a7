// Who may type in a session: one viewer at a time. Pure; the room sends what changed.
import type { KeyboardAction, KeyboardPerson, KeyboardState } from '#protocol/terminal/keyboard.ts';

export const FREE_KEYBOARD: KeyboardState = { holder: null, requests: [] };

/** Requests that wait at a time; more are refused. */
export const MAX_REQUESTS = 32;

export type KeyboardResult =
	{ ok: true; state: KeyboardState } | { ok: false; reason: 'not_holder' | 'no_request' | 'full' };

/**
 * What the keyboard is like after `who` did something.
 * Taking over needs no answer: a person must always be able to reach an agent that somebody left alone.
 */
export function keyboardAfter(
	state: KeyboardState,
	who: KeyboardPerson,
	action: KeyboardAction,
	to?: string
): KeyboardResult {
	const { holder, requests } = state;
	const holds = holder?.viewerId === who.viewerId;
	const without = (viewerId: string) => requests.filter((person) => person.viewerId !== viewerId);
	switch (action) {
		case 'request':
			if (holds) return { ok: true, state };
			if (!holder) return { ok: true, state: { holder: who, requests: without(who.viewerId) } };
			if (requests.some((person) => person.viewerId === who.viewerId)) return { ok: true, state };
			if (requests.length >= MAX_REQUESTS) return { ok: false, reason: 'full' };
			return { ok: true, state: { holder, requests: [...requests, who] } };
		case 'take':
			if (holds) return { ok: true, state };
			return { ok: true, state: { holder: who, requests: without(who.viewerId) } };
		case 'release':
			return leftKeyboard(state, who.viewerId);
		case 'grant':
		case 'refuse': {
			if (!holds) return { ok: false, reason: 'not_holder' };
			const asked = requests.find((person) => person.viewerId === to);
			if (!asked) return { ok: false, reason: 'no_request' };
			const rest = without(asked.viewerId);
			return { ok: true, state: { holder: action === 'grant' ? asked : holder, requests: rest } };
		}
	}
}

/** After a viewer left, let go, or lost the right to type: whoever asked first gets the keyboard. */
export function leftKeyboard(
	state: KeyboardState,
	viewerId: string
): { ok: true; state: KeyboardState } {
	const requests = state.requests.filter((person) => person.viewerId !== viewerId);
	if (state.holder?.viewerId !== viewerId)
		return requests.length === state.requests.length
			? { ok: true, state }
			: { ok: true, state: { holder: state.holder, requests } };
	const [next = null, ...rest] = requests;
	return { ok: true, state: { holder: next, requests: rest } };
}
