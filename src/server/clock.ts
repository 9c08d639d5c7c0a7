// Time, handed in so that tests can move it.

export interface Clock {
	now(): Date;
	/** Milliseconds of a monotonic clock, for deadlines that must not jump with the wall clock. */
	monotonicMs(): number;
}

export const systemClock: Clock = {
	now: () => new Date(),
	monotonicMs: () => performance.now()
};
