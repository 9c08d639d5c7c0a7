// The keys a phone does not have, as the bytes a terminal expects.

export type TouchKey = 'esc' | 'tab' | 'shift-tab' | 'up' | 'down' | 'left' | 'right' | 'interrupt';

const ARROWS = { up: 'A', down: 'B', right: 'C', left: 'D' } as const;

/** @param applicationCursor programs like editors want another form of the arrows while they run */
export function touchKeyBytes(key: TouchKey, applicationCursor: boolean): string {
	switch (key) {
		case 'esc':
			return '\x1b';
		case 'tab':
			return '\t';
		case 'shift-tab':
			return '\x1b[Z';
		case 'interrupt':
			return '\x03';
		default:
			return `\x1b${applicationCursor ? 'O' : '['}${ARROWS[key]}`;
	}
}

/** What the sticky Ctrl makes of the next character; others pass as they are. */
export function withControl(text: string): string {
	const first = text[0];
	if (first === undefined || text.length !== 1) return text;
	if (first === ' ') return '\x00';
	const code = first.toUpperCase().charCodeAt(0);
	return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : text;
}
