import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createUtf8 } from './utf8.ts';

test('text cut anywhere comes out whole, its pieces in a row, and no piece begins inside a character', () => {
	fc.assert(
		fc.property(
			fc.string({ unit: 'grapheme', maxLength: 60 }),
			fc.array(fc.nat(20), { maxLength: 40 }),
			fc.nat(1_000),
			(text, cuts, start) => {
				const bytes = Buffer.from(text);
				const utf8 = createUtf8(start);
				let at = 0;
				let out = '';
				let next = start;
				for (const size of [...cuts, bytes.length]) {
					const piece = utf8.push(bytes.subarray(at, at + size));
					at = Math.min(bytes.length, at + size);
					if (!piece) continue;
					expect(piece.offset).toBe(next);
					next = piece.nextOffset;
					out += piece.text;
				}
				expect(out).toBe(text);
				expect(utf8.waiting).toBe(0);
				expect(next).toBe(start + bytes.length);
			}
		)
	);
});

test('whatever bytes come, every one is accounted for and the text is well formed', () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 30 }), (chunks) => {
			const utf8 = createUtf8(0);
			let next = 0;
			for (const piece of [...chunks.map((chunk) => utf8.push(chunk)), utf8.flush()]) {
				if (!piece) continue;
				expect(piece.offset).toBe(next);
				expect(piece.text.isWellFormed()).toBe(true);
				next = piece.nextOffset;
			}
			expect(next).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
		})
	);
});
