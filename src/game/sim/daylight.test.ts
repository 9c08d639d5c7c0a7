import fc from 'fast-check';
import { expect, test } from 'vitest';
import { daylightAt } from './daylight.ts';

test('noon is untinted and midnight is blue with its lamps lit', () => {
	expect(daylightAt(12)).toEqual({ red: 255, green: 255, blue: 255, lamps: 0 });
	const night = daylightAt(0);
	expect(night.blue).toBeGreaterThan(night.red);
	expect(night.lamps).toBe(1);
});

test('light never jumps and never gets too dark to see by', () => {
	fc.assert(
		fc.property(fc.double({ min: 0, max: 24, noNaN: true }), (hour) => {
			const a = daylightAt(hour);
			const b = daylightAt(hour + 1 / 60);
			for (const key of ['red', 'green', 'blue'] as const) {
				expect(a[key]).toBeGreaterThanOrEqual(80);
				expect(Math.abs(a[key] - b[key])).toBeLessThanOrEqual(4);
			}
		})
	);
});
