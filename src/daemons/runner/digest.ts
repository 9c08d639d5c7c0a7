// A digest of what a terminal prints: plain text, overwrites folded, never more than a glance (control-plane.md 7).

/** Longest digest in characters. */
export const DIGEST_CHARS = 500;

/** Raw bytes kept between two digests; of a program that prints more, only the end is looked at. */
const TAIL_BYTES = 8_192;

/* eslint-disable no-control-regex -- escape sequences are made of control characters */
const OSC = /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;
/** Moves to another place on the screen: what follows is not the rest of the line. */
const MOVE = /\u001b\[[0-9;]*[HfdABEF]/g;
const FORWARD = /\u001b\[[0-9]*[CG]/g;
/** Erases the rest of the line; kept as one character until lines are folded. */
const ERASE = /\u001b\[0?K/g;
const ERASED = '\u0001';
const CSI = /\u001b\[[0-?]*[ -/]*[@-~]/g;
const ESCAPE = /\u001b[ -/]*[0-~]/g;
const UNFINISHED = /\u001b(?:[\]PX^_][^\u0007]*|\[[0-?]*[ -/]*)?$/;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/g;
/* eslint-enable no-control-regex */

/** Text of a line in which carriage returns and backspaces have overwritten what came before. */
function foldLine(line: string): string {
	let shown = '';
	for (const part of line.split('\r')) {
		let text = '';
		for (const char of part)
			if (char === '\b') text = text.slice(0, -1);
			else if (char === ERASED) shown = shown.slice(0, text.length);
			else text += char;
		shown = text + shown.slice(text.length);
	}
	return shown.trimEnd();
}

/** Plain text of terminal output: no escapes, no controls, one line per line that was left standing. */
export function plainText(raw: string): string {
	return raw
		.replace(OSC, '')
		.replace(MOVE, '\n')
		.replace(FORWARD, ' ')
		.replace(ERASE, ERASED)
		.replace(CSI, '')
		.replace(UNFINISHED, '')
		.replace(ESCAPE, '')
		.split('\n')
		.map((line) => foldLine(line).replace(CONTROL, '').replaceAll('\t', ' '))
		.filter((line) => line.trim() !== '')
		.join('\n');
}

/** Cuts to the last `max` characters, whole lines where possible, never inside a surrogate pair. */
export function lastChars(text: string, max: number): string {
	if (text.length <= max) return text;
	let cut = text.slice(-max);
	const line = cut.indexOf('\n');
	if (line >= 0 && line < max / 2) cut = cut.slice(line + 1);
	return /^[\udc00-\udfff]/.test(cut) ? cut.slice(1) : cut;
}

export interface Digest {
	push(bytes: Uint8Array): void;
	/** What is new since the last call, or null; at most `DIGEST_CHARS` characters. */
	take(): string | null;
}

/** A digest of one terminal. */
export function createDigest(): Digest {
	let parts: Uint8Array[] = [];
	let held = 0;
	let cut = false;
	let last = '';
	return {
		push(bytes) {
			const tail = bytes.length > TAIL_BYTES ? bytes.subarray(bytes.length - TAIL_BYTES) : bytes;
			if (tail !== bytes) cut = true;
			// A copy: the chunk is a view of memory that is used again (and `slice` of a Buffer would be another view).
			parts.push(new Uint8Array(tail));
			held += tail.length;
			while (held - parts[0]!.length >= TAIL_BYTES) {
				held -= parts.shift()!.length;
				cut = true;
			}
		},
		take() {
			if (held === 0) return null;
			let raw = Buffer.concat(parts).toString('utf8');
			// What was cut may have begun inside an escape sequence.
			if (cut) raw = raw.slice(raw.indexOf('\n') + 1);
			parts = [];
			held = 0;
			cut = false;
			const text = lastChars(plainText(raw), DIGEST_CHARS);
			if (text === '' || text === last) return null;
			last = text;
			return text;
		}
	};
}
