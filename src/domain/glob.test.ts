import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactly, matchesGlob } from './glob.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '*', '?', '\\'), maxLength: 12 });

test('a glob fits as a regular expression of the same meaning does', () => {
	fc.assert(
		fc.property(letters, letters, (pattern, text) => {
			const source = pattern.replace(
				/\\([\s\S])|([\s\S])/g,
				(_, escaped?: string, plain?: string) =>
					plain === '*'
						? '[\\s\\S]*'
						: plain === '?'
							? '[\\s\\S]'
							: (escaped ?? plain!).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
			);
			const whole = new RegExp(`^${source}$`).test(text);
			expect(matchesGlob(pattern, text)).toBe(
				whole || (pattern.endsWith(' *') && matchesGlob(pattern.slice(0, -2), text))
			);
		})
	);
});

test('what is made to fit exactly fits that text and no other', () => {
	fc.assert(
		fc.property(letters, letters, (one, other) => {
			// `x *` fits `x` too, but an exact pattern never ends in an open star.
			expect(matchesGlob(exactly(one), one)).toBe(true);
			if (one !== other) expect(matchesGlob(exactly(one), other)).toBe(false);
		})
	);
});

test('words that follow may be missing, and what only begins alike does not fit', () => {
	expect(matchesGlob('npm test *', 'npm test')).toBe(true);
	expect(matchesGlob('npm test *', 'npm test --watch')).toBe(true);
	expect(matchesGlob('npm test *', 'npm testing')).toBe(false);
});

test('a pattern made to be slow comes to its end as any other', () => {
	expect(matchesGlob('*a'.repeat(200) + 'b', 'a'.repeat(8_000))).toBe(false);
});
