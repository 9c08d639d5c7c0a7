import { expect, test } from 'vitest';
import {
	DEFAULT_LIMITS,
	LIMIT_NAMES,
	LIMITS,
	limitsOf,
	limitsProblem,
	needsAdmin
} from './limits.ts';

test('every default lies in its own range, and the defaults go together', () => {
	for (const name of LIMIT_NAMES) {
		expect(LIMITS[name].fallback).toBeGreaterThanOrEqual(LIMITS[name].least);
		expect(LIMITS[name].fallback).toBeLessThanOrEqual(LIMITS[name].most);
	}
	expect(limitsProblem(DEFAULT_LIMITS)).toBeNull();
});

test('an org’s own limits stand over the defaults, and what is no limit any more is left out', () => {
	const limits = limitsOf({ maxPauseHours: 2, villagesPerOrg: 50 } as object);
	expect(limits).toEqual({ ...DEFAULT_LIMITS, maxPauseHours: 2 });
});

test('how long is for owners, how many for the deployment admin', () => {
	expect(needsAdmin(['approvalTimeoutSeconds', 'maxPauseHours'])).toBe(false);
	expect(needsAdmin(['maxPauseHours', 'maxSessionsPerOrg'])).toBe(true);
	expect(needsAdmin([])).toBe(false);
});

test('a session cannot last longer by default than it may at most', () => {
	expect(limitsProblem({ ...DEFAULT_LIMITS, maxTimeoutMinutes: 30 })).toMatchObject({
		path: 'defaultTimeoutMinutes'
	});
});
