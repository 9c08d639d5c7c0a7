import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createThrottle } from './throttle.ts';

test('within any window no key gets more than its limit', () => {
	fc.assert(
		fc.property(
			fc.array(
				fc.record({ wait: fc.integer({ min: 0, max: 40 }), key: fc.constantFrom('a', 'b') })
			),
			(steps) => {
				let now = 0;
				const clock = { now: () => new Date(now), monotonicMs: () => now };
				const throttle = createThrottle(clock, { limit: 3, windowMs: 100 });
				const passed: Record<string, number[]> = { a: [], b: [] };
				for (const { wait, key } of steps) {
					now += wait;
					const rest = throttle.take(key);
					const recent = passed[key]!.filter((at) => at > now - 100);
					expect(rest > 0).toBe(recent.length >= 3);
					if (rest === 0) passed[key]!.push(now);
					else expect(rest).toBe(recent[0]! + 100 - now);
				}
			}
		)
	);
});

test('a flood of keys does not grow memory, and the keys touched last are kept', () => {
	const clock = { now: () => new Date(0), monotonicMs: () => 0 };
	const throttle = createThrottle(clock, { limit: 1, windowMs: 1000, maxKeys: 10 });
	throttle.take('kept');
	for (let i = 0; i < 9; i++) throttle.take(`k${i}`);
	expect(throttle.take('kept')).toBeGreaterThan(0);
	for (let i = 0; i < 9; i++) throttle.take(`m${i}`);
	expect(throttle.take('kept')).toBeGreaterThan(0);
	expect(throttle.take('k0')).toBe(0);
});
