import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Told } from '#protocol/host/told.ts';
import { createToldReader } from './told.ts';

const line = (told: unknown): string => `${JSON.stringify(told)}\n`;
const work = (text: string): Told => ({ k: 'work', report: { kind: 'message', text } });

test('lines come whole, however they are cut and repeated', () => {
	const told = ['a', 'bb', 'ünï', 'd'].map(work);
	const bytes = Buffer.from(told.map(line).join(''));
	fc.assert(
		fc.property(fc.array(fc.nat(bytes.length)), fc.nat(10), (cuts, back) => {
			const reader = createToldReader(0);
			const ends = [...cuts, bytes.length].sort((a, b) => a - b);
			const found = ends.flatMap((end, i) => {
				const from = Math.max(0, (ends[i - 1] ?? 0) - back);
				return reader.push(from, bytes.subarray(from, end));
			});
			expect(found.map((one) => one.told)).toEqual(told);
			expect(found.at(-1)?.end).toBe(bytes.length);
		})
	);
});

test('a reader that goes on from the end of a line sees only what follows', () => {
	const first = line(work('first'));
	const bytes = Buffer.from(first + line(work('second')));
	const reader = createToldReader(first.length);
	expect(reader.push(0, bytes).map((one) => one.told)).toEqual([work('second')]);
	expect(reader.next).toBe(bytes.length);
});

test('what nobody understands is passed over, and a line without end is given up', () => {
	const reader = createToldReader(0);
	const text = `not json\n{"k":"new"}\n{"k":"work"}\n${line(work('kept'))}`;
	expect(reader.push(0, Buffer.from(text)).map((one) => one.told)).toEqual([work('kept')]);
	const endless = Buffer.alloc(400_000, 120);
	expect(reader.push(text.length, endless)).toEqual([]);
	expect(reader.next).toBe(text.length + endless.length);
});
