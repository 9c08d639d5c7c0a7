// Takes secrets out of text before it is kept. Lengths never change: terminal bytes are addressed by offset.
import { SECRET_SHAPES, type SecretShape } from './secrets.ts';

/** What stands for each character of a secret. */
const MASK = '*';

/** A part of a text that is a secret, without what is kept in front of it. */
export interface Secret {
	name: string;
	from: number;
	to: number;
}

/** Text with fewer different characters than this is a placeholder (`xxxxxxxx`), not a secret. */
const LEAST_VARIETY = 6;

const byStart = new Map<string, SecretShape[]>();
for (const shape of SECRET_SHAPES)
	for (const start of shape.starts) byStart.set(start, [...(byStart.get(start) ?? []), shape]);
/** Longest first: `sk-ant-` before `sk-`. */
const STARTS = [...byStart.keys()].sort((a, b) => b.length - a.length);
const isWord = (start: string) => /^\w/.test(start);
/** Few and seldom met: each is looked for by itself, which costs next to nothing. */
const OTHER_STARTS = STARTS.filter((start) => !isWord(start));
const WORDS = STARTS.filter(isWord);
const WORD_START = wordStarts(WORDS, '\\b');
const ANY_START = wordStarts(WORDS, '');
/** How a terminal is told of a colour or a place: what follows its last letter begins a word too. */
const ESCAPE = '\u001b';
const AFTER_ESCAPE = new RegExp(`${ESCAPE}\\[[0-9;:?]{0,24}[A-Za-z]$`);
const ESCAPE_CHARS = 28;

/**
 * All starts that are words, tried only where a word begins. Grouped by their first letter and bound to that place, the
 * search passes over several times as much text in a second as over the bare list.
 */
function wordStarts(starts: readonly string[], bound: string): RegExp {
	const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
	const byLetter = new Map<string, string[]>();
	for (const start of starts)
		byLetter.set(start[0]!, [...(byLetter.get(start[0]!) ?? []), escape(start.slice(1))]);
	const groups = [...byLetter].map(([letter, rests]) => `${letter}(?:${rests.join('|')})`);
	return new RegExp(`${bound}(?:${groups.join('|')})`, 'g');
}

const beginsWord = (text: string, at: number) =>
	at === 0 ||
	!/\w/.test(text[at - 1]!) ||
	AFTER_ESCAPE.test(text.slice(Math.max(0, at - ESCAPE_CHARS), at));

function isSecret(shape: SecretShape, secret: string): boolean {
	if (shape.mixed && !(/\d/.test(secret) && /[A-Za-z]/.test(secret))) return false;
	return new Set(secret).size >= LEAST_VARIETY;
}

function secretAt(text: string, at: number): Secret | null {
	for (const start of STARTS) {
		if (!text.startsWith(start, at)) continue;
		for (const shape of byStart.get(start)!) {
			shape.pattern.lastIndex = at;
			const match = shape.pattern.exec(text);
			if (!match) continue;
			const from = at + (match[1]?.length ?? 0);
			const to = at + match[0].length;
			if (isSecret(shape, text.slice(from, to))) return { name: shape.name, from, to };
		}
	}
	return null;
}

function* candidates(text: string): Generator<number> {
	if (!text.includes(`${ESCAPE}[`)) for (const { index } of text.matchAll(WORD_START)) yield index;
	else for (const { index } of text.matchAll(ANY_START)) if (beginsWord(text, index)) yield index;
	for (const start of OTHER_STARTS)
		for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) yield at;
}

/** The secrets in a text, in order, not overlapping. */
export function findSecrets(text: string): Secret[] {
	const found: Secret[] = [];
	for (const at of candidates(text)) {
		const secret = secretAt(text, at);
		if (secret) found.push(secret);
	}
	if (found.length < 2) return found;
	found.sort((a, b) => a.from - b.from || b.to - a.to);
	const apart: Secret[] = [];
	for (const secret of found) {
		const before = apart.at(-1);
		if (!before || secret.from >= before.to) apart.push(secret);
		else before.to = Math.max(before.to, secret.to);
	}
	return apart;
}

/** The characters of a secret as stars; what shapes a text (line ends, also as JSON writes them) stays. */
export function masked(secret: string): string {
	return secret.replace(/\\[nrt]|\s+|[^\s\\]+|\\/g, (part) =>
		/^(\\[nrt]|\s+)$/.test(part) ? part : MASK.repeat(part.length)
	);
}

/** A secret that is one word without a path in it. */
const PLAIN = /^[\w.~+=:-]+$/;

/**
 * A text that somebody decides upon, with its secrets masked. Only those that are a single plain word: stars must not be
 * a place to hide a second command, or a path, from whoever says yes to it.
 */
export function redactQuestion(text: string): string {
	return mask(text, (secret) => PLAIN.test(secret));
}

/** The text with every secret in it masked; the same length, and the same text when there is none. Works on JSON too. */
export function redactText(text: string): string {
	return mask(text, () => true);
}

function mask(text: string, which: (secret: string) => boolean): string {
	let out = '';
	let at = 0;
	for (const { from, to } of findSecrets(text)) {
		const secret = text.slice(from, to);
		out += text.slice(at, from) + (which(secret) ? masked(secret) : secret);
		at = to;
	}
	return at === 0 ? text : out + text.slice(at);
}
