import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, LINK_TIMINGS } from './link.ts';

test('waits between tries grow to a cap, with full jitter so that a thousand runners do not come at once', () => {
	fc.assert(
		fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
			const wait = backoffMs(attempt, LINK_TIMINGS, random);
			expect(wait).toBeGreaterThanOrEqual(0);
			expect(wait).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** attempt));
		})
	);
	expect(backoffMs(0, LINK_TIMINGS, 1)).toBe(500);
	expect(backoffMs(50, LINK_TIMINGS, 1)).toBe(30_000);
});
