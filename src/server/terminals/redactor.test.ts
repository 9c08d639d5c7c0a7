import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactText } from '#domain/redact.ts';
import { createRedactor } from './redactor.ts';

/** What is on the disk after the pieces came. */
function kept(pieces: Buffer[], from = 0): string {
	const redactor = createRedactor();
	const all = Buffer.alloc(pieces.reduce((sum, piece) => sum + piece.length, 0));
	let at = 0;
	for (const piece of pieces) {
		const before = Buffer.from(piece);
		const { bytes, patches } = redactor.push(from + at, piece);
		expect(piece, 'those who watch see what was printed').toEqual(before);
		expect(bytes).toHaveLength(piece.length);
		bytes.copy(all, at);
		for (const patch of patches) {
			expect(patch.offset + patch.bytes.length).toBeLessThanOrEqual(from + at);
			patch.bytes.copy(all, patch.offset - from);
		}
		at += piece.length;
	}
	return all.toString('latin1');
}

const TOKEN = ['ghp', 'a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ'].join('_');
const KEY = [
	'-----BEGIN ',
	'PRIVATE KEY-----\r\n',
	...Array.from({ length: 40 }, (_, i) => `${i}aB3dE5fG7hI9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1h\r\n`),
	'-----END PRIVATE KEY-----\r\n'
].join('');

test('bytes without a secret are kept without a copy', () => {
	const bytes = Buffer.from('\x1b[32mok\x1b[0m 12 tests passed\r\n');
	const result = createRedactor().push(7, bytes);
	expect(result.bytes).toBe(bytes);
	expect(result.patches).toEqual([]);
});

test('a secret that is typed letter by letter is masked when it is whole, what is there already included', () => {
	const text = `export GH=${TOKEN}\r\n$ `;
	expect(kept([...text].map((letter) => Buffer.from(letter)))).toBe(redactText(text));
});

test('a private key that is printed line by line is masked whole', () => {
	const out = kept(KEY.split(/(?<=\n)/).map((line) => Buffer.from(line)));
	expect(out).toHaveLength(KEY.length);
	expect(out.replace(/[*\s]/g, '')).toBe('-----BEGINPRIVATEKEY----------ENDPRIVATEKEY-----');
});

test('however the bytes are cut into pieces, the same is kept as of the whole', () => {
	const word = fc.constantFrom(
		TOKEN,
		`Bearer ${TOKEN.slice(4)}`,
		'hello',
		'\x1b[1;31m',
		'über',
		'\r\n',
		' ',
		'key: ',
		KEY
	);
	fc.assert(
		fc.property(
			fc.array(word, { minLength: 1, maxLength: 12 }),
			fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
			fc.integer({ min: 0, max: 2 ** 40 }),
			(words, cuts, from) => {
				const all = Buffer.from(words.join(' '));
				const pieces: Buffer[] = [];
				for (let at = 0, i = 0; at < all.length; i++) {
					const size = cuts[i % cuts.length]!;
					pieces.push(all.subarray(at, at + size));
					at += size;
				}
				expect(kept(pieces, from)).toBe(redactText(all.toString('latin1')));
			}
		),
		{ numRuns: 300 }
	);
});

test('a secret on both sides of a gap is not put together from what does not belong together', () => {
	const redactor = createRedactor();
	redactor.push(0, Buffer.from(TOKEN.slice(0, 20)));
	const after = Buffer.from(`${TOKEN.slice(20)}\n`);
	const { bytes, patches } = redactor.push(500, after);
	expect(bytes).toBe(after);
	expect(patches).toEqual([]);
});

test('a stream that is taken up again knows what was kept before', () => {
	const redactor = createRedactor(Buffer.from(`$ echo ${TOKEN.slice(0, 20)}`));
	const { bytes, patches } = redactor.push(27, Buffer.from(`${TOKEN.slice(20)}\n`));
	expect(bytes.toString()).toBe(`${'*'.repeat(20)}\n`);
	expect(patches).toEqual([{ offset: 11, bytes: Buffer.from('*'.repeat(16)) }]);
});
