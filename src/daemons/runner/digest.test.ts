import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDigest, DIGEST_CHARS, lastChars, plainText } from './digest.ts';

const bytes = (text: string) => Buffer.from(text);

test.each([
	['\u001b[31mred\u001b[0m\r\n', 'red'],
	['10%\r50%\r100%\r\n', '100%'],
	['loading...\rdone\u001b[K\r\n', 'done'],
	['typo\b\b\bext\r\n', 'text'],
	['\u001b]0;title\u0007hello', 'hello'],
	['\u001b]8;;https://a.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
	['a\u001b[5;1Hb\u001b[3Cc', 'a\nb c'],
	['\r\n\r\n  \r\nx\r\n', 'x'],
	['bell\u0007 and \u0000nul', 'bell and nul'],
	['cut \u001b[3', 'cut']
])('%j reads %j', (raw, text) => {
	expect(plainText(raw)).toBe(text);
});

test('a digest is plain, short, and told once', () => {
	const digest = createDigest();
	expect(digest.take()).toBeNull();
	digest.push(bytes('\u001b[1mhello\u001b[0m\r\n'));
	expect(digest.take()).toBe('hello');
	expect(digest.take()).toBeNull();
	digest.push(bytes('hello\r\n'));
	expect(digest.take()).toBeNull();
});

test('of a flood only the end is looked at, whole lines of it', () => {
	const digest = createDigest();
	for (let i = 0; i < 100_000; i++) digest.push(bytes(`line ${i}\r\n`));
	const text = digest.take()!;
	expect(text.length).toBeLessThanOrEqual(DIGEST_CHARS);
	expect(text.split('\n').at(-1)).toBe('line 99999');
	expect(text.split('\n')[0]).toMatch(/^line \d+$/);
});

test('whatever is printed, the digest holds no control character and is not too long', () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 }), (chunks) => {
			const digest = createDigest();
			for (const chunk of chunks) digest.push(chunk);
			const text = digest.take() ?? '';
			expect(text.length).toBeLessThanOrEqual(DIGEST_CHARS);
			// eslint-disable-next-line no-control-regex -- exactly what must not be there
			expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
		})
	);
});

test('a cut never splits a character', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(40), (text, max) => {
			const well = text.toWellFormed();
			expect(lastChars(well, max).isWellFormed()).toBe(true);
		})
	);
});
