// What a viewer's typing does: goes to the session, asks for the keyboard first, or goes nowhere; and which keys nobody
// has taken yet. Pure: the component shows it.
import type { KeyboardState } from '#protocol/terminal/keyboard.ts';

export interface Typing {
	/** Bytes typed on this attachment. */
	typed: number;
	/** Counter up to which the session's side has taken them. */
	taken: number;
	/** Typed while the keyboard is being asked for. Bound: MOST_HELD bytes. */
	held: Uint8Array[];
}

export const NOTHING_TYPED: Typing = { typed: 0, taken: 0, held: [] };

/** Bytes kept while the keyboard is asked for. */
export const MOST_HELD = 4_096;

/** What to do with keys. */
export type KeyUse = 'send' | 'ask' | 'hold' | 'refuse';

/**
 * @param viewerId this viewer, null while not attached
 * @param byPerson false for what the emulator answers by itself: that is only sent by who holds the keyboard
 */
export function useOfKeys(
	keyboard: KeyboardState,
	viewerId: string | null,
	canWrite: boolean,
	byPerson: boolean,
	asking: boolean
): KeyUse {
	if (!viewerId || !canWrite) return 'refuse';
	if (keyboard.holder?.viewerId === viewerId) return 'send';
	if (!byPerson || keyboard.holder) return 'refuse';
	return asking ? 'hold' : 'ask';
}

/** Adds to what waits for the keyboard; what does not fit is left out. */
export function hold(typing: Typing, data: Uint8Array): Typing {
	const waiting = typing.held.reduce((sum, piece) => sum + piece.length, 0);
	if (waiting + data.length > MOST_HELD) return typing;
	return { ...typing, held: [...typing.held, data] };
}

/** Whether pasted text should be shown to its person before it is sent: more than five lines run by themselves. */
export function isLongPaste(text: string): boolean {
	let lines = 1;
	for (const char of text.trimEnd()) if (char === '\n' || char === '\r') lines++;
	return lines > 5;
}
