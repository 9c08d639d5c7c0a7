// Terminal output as lines of text: what one line looked like when the next began. No screen: programs that draw on
// the whole terminal come out as the pieces they drew.

export interface LineEditor {
	/** Takes output; returns the lines that are finished by it. */
	push(text: string): string;
	/** The last line, if it has no end. */
	end(): string;
}

/** A line longer than this is broken, so that output without line ends stays in bounds. */
const LONGEST_LINE = 16_384;

export function createLineEditor(): LineEditor {
	let line: string[] = [];
	let x = 0;
	/** What of an escape sequence has come; null outside one. Bound: LONGEST_LINE. */
	let sequence: string | null = null;

	function finish(): string {
		const text = line.join('').trimEnd();
		line = [];
		x = 0;
		return text + '\n';
	}

	/** Sequences that change the line; all others are left out. */
	function apply(body: string): void {
		if (!body.startsWith('[')) return;
		const n = Math.min(LONGEST_LINE, Number.parseInt(body.slice(1), 10) || 0);
		switch (body.at(-1)) {
			case 'K':
				if (n === 0) line.length = Math.min(line.length, x);
				else if (n === 1) line.fill(' ', 0, Math.min(line.length, x + 1));
				else line = [];
				break;
			case 'C':
				x = Math.min(LONGEST_LINE - 1, x + Math.max(1, n));
				break;
			case 'D':
				x = Math.max(0, x - Math.max(1, n));
				break;
			case 'G':
				x = Math.max(0, n - 1);
				break;
			case 'P':
				line.splice(x, Math.max(1, n));
				break;
		}
	}

	return {
		push(text) {
			let out = '';
			for (const char of text) {
				const code = char.codePointAt(0)!;
				if (sequence !== null) {
					sequence += char;
					const kind = sequence[0]!;
					const stringy = kind === ']' || 'PX^_'.includes(kind);
					if (code === 0x18 || code === 0x1a || sequence.length > LONGEST_LINE) sequence = null;
					else if (code === 0x1b) sequence = stringy ? ']\x1b' : '';
					else if (stringy) {
						const escaped = sequence.length > 1 && sequence.at(-2) === '\x1b';
						if (code === 0x07 || (escaped && char === '\\')) sequence = null;
						// Something else than the terminator begins a new sequence.
						else if (escaped) sequence = '[]PX^_'.includes(char) ? char : null;
					} else if (kind === '[') {
						if (sequence.length > 1 && code >= 0x40 && code <= 0x7e) {
							apply(sequence);
							sequence = null;
						}
					} else if (code >= 0x30) sequence = null;
					continue;
				}
				if (code === 0x1b) sequence = '';
				else if (code === 0x0a) out += finish();
				else if (code === 0x0d) x = 0;
				else if (code === 0x08) x = Math.max(0, x - 1);
				else if (code === 0x09) x = Math.min(LONGEST_LINE - 1, (x >> 3) * 8 + 8);
				else if (code >= 0x20 && code !== 0x7f) {
					while (line.length < x) line.push(' ');
					line[x++] = char;
					if (x >= LONGEST_LINE) out += finish();
				}
			}
			return out;
		},
		end: () => (line.length > 0 ? finish() : '')
	};
}
