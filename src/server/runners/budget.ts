import type { Clock } from '#server/clock.ts';

/** So many within a window, counted from the first one in it. Two numbers per peer, however long it lives. */
export interface Budget {
	/** Counts one; false when it is over the limit. */
	take(): boolean;
}

export function createBudget(clock: Clock, limit: number, windowMs: number): Budget {
	let startedAt = -Infinity;
	let count = 0;
	return {
		take() {
			const now = clock.monotonicMs();
			if (now - startedAt > windowMs) {
				startedAt = now;
				count = 0;
			}
			return ++count <= limit;
		}
	};
}
