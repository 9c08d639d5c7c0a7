import { expect, test } from 'vitest';
import { countdown, duration, relative } from './time.ts';

const HOUR = 3_600_000;

test('a duration has at most two units', () => {
	expect(duration(-5)).toBe('0s');
	expect(duration(42_900)).toBe('42s');
	expect(duration(200_000)).toBe('3m 20s');
	expect(duration(2 * HOUR)).toBe('2h');
	expect(duration(97 * HOUR)).toBe('4d 1h');
});

test('a relative time says past and future, and now for what just happened', () => {
	expect(relative(1000, 1500)).toBe('now');
	expect(relative(0, 12_000)).toBe('12s ago');
	expect(relative(5 * 60_000, 0)).toBe('in 5m');
	expect(relative(0, 50 * HOUR)).toBe('2d ago');
});

test('a countdown never goes below zero', () => {
	expect(countdown(299_000, 0)).toBe('4:59');
	expect(countdown(0, 99)).toBe('0:00');
	expect(countdown(3_723_000, 0)).toBe('1:02:03');
});
