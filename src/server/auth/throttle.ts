// Slows guessing down: so many attempts per key and window, in bounded memory.
import type { Clock } from '#server/clock.ts';

export interface Throttle {
	/** Counts an attempt; answers 0 when it may go on, else how many milliseconds to wait. */
	take(key: string): number;
	/** Forgets the attempts of a key, after a success. */
	forgive(key: string): void;
}

/** Attempts that sign-in counts, per address and per account. */
export const SIGN_IN_ATTEMPTS = { limit: 10, windowMs: 600_000 };

/** Keys remembered; past that the one not touched for longest is forgotten. */
const MAX_KEYS = 10_000;

export function createThrottle(
	clock: Clock,
	{ limit, windowMs, maxKeys = MAX_KEYS }: { limit: number; windowMs: number; maxKeys?: number }
): Throttle {
	/** Times of the attempts of a key, at most `limit`; insertion order is order of last touch. */
	const attempts = new Map<string, number[]>();
	return {
		take(key) {
			const now = clock.monotonicMs();
			const recent = (attempts.get(key) ?? []).filter((at) => at > now - windowMs);
			attempts.delete(key);
			attempts.set(key, recent);
			if (attempts.size > maxKeys) attempts.delete(attempts.keys().next().value!);
			if (recent.length >= limit) return Math.ceil(recent[0]! + windowMs - now);
			recent.push(now);
			return 0;
		},
		forgive: (key) => void attempts.delete(key)
	};
}
