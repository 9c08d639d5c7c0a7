// Whole-string globs of approval rules (control-plane.md 5). Linear in what is read: a pattern must not be able to hang a server.

/**
 * Whether a pattern fits the whole text: `*` is any run of characters, `?` any one, a backslash takes the next one as it
 * is. A pattern that ends in ` *` also fits without it: `npm test *` fits `npm test`.
 */
export function matchesGlob(pattern: string, text: string): boolean {
	if (pattern.endsWith(' *') && fits(tokens(pattern.slice(0, -2)), text)) return true;
	return fits(tokens(pattern), text);
}

/** The pattern that fits exactly this text. */
export function exactly(text: string): string {
	return text.replace(/[\\*?]/g, (char) => `\\${char}`);
}

const ANY_RUN = Symbol('*');
const ANY_ONE = Symbol('?');
type Token = string | typeof ANY_RUN | typeof ANY_ONE;

function tokens(pattern: string): Token[] {
	const found: Token[] = [];
	for (let at = 0; at < pattern.length; at += 1) {
		const char = pattern[at]!;
		if (char === '\\' && at + 1 < pattern.length) found.push(pattern[++at]!);
		else if (char === '*') found.push(ANY_RUN);
		else found.push(char === '?' ? ANY_ONE : char);
	}
	return found;
}

function fits(wanted: readonly Token[], text: string): boolean {
	let at = 0;
	let read = 0;
	// Where the last run began, and how far it reaches: only that one is ever tried again.
	let run = -1;
	let reach = 0;
	while (read < text.length) {
		const token = wanted[at];
		if (token === ANY_RUN) {
			run = at++;
			reach = read;
		} else if (token === ANY_ONE || token === text[read]) {
			at += 1;
			read += 1;
		} else if (run >= 0) {
			at = run + 1;
			read = ++reach;
		} else return false;
	}
	while (wanted[at] === ANY_RUN) at += 1;
	return at === wanted.length;
}
