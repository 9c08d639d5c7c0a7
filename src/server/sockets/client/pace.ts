// How much one client may say: so many messages a second for a while, and so many that cannot be read in a minute.

/** Above this many a second for `FOR_S` seconds a client is warned, then closed. */
const PER_SECOND = 100;
const FOR_S = 5;
/** A warning counts this long. */
const WARNED_MS = 60_000;
const BAD_MOST = 20;
const BAD_WINDOW_MS = 60_000;

export interface Pace {
	/** Counts a message: go on, say that it was too much, or close. */
	message(nowMs: number): 'go' | 'warn' | 'close';
	/** Counts a message that could not be read; true: close. */
	bad(nowMs: number): boolean;
}

export function createPace(): Pace {
	let left = PER_SECOND * FOR_S;
	let at = 0;
	let warnedAt = -Infinity;
	const unread = { count: 0, since: -Infinity };
	return {
		message(nowMs) {
			if (at > 0) left = Math.min(PER_SECOND * FOR_S, left + ((nowMs - at) / 1000) * PER_SECOND);
			at = nowMs;
			if (--left >= 0) return 'go';
			if (nowMs - warnedAt < WARNED_MS) return 'close';
			warnedAt = nowMs;
			left = PER_SECOND * FOR_S;
			return 'warn';
		},
		bad(nowMs) {
			if (nowMs - unread.since > BAD_WINDOW_MS) Object.assign(unread, { count: 0, since: nowMs });
			return ++unread.count >= BAD_MOST;
		}
	};
}
