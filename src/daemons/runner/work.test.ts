import { expect, test } from 'vitest';
import { digestEvery } from './work.ts';

test('a session tells of its output twice a second, and a whole runner twenty times', () => {
	expect(digestEvery(0)).toBe(500);
	expect(digestEvery(10)).toBe(500);
	for (const printing of [11, 40, 100])
		expect((printing * 1_000) / digestEvery(printing)).toBeCloseTo(20);
});
