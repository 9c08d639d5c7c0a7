// How many messages a person may still send: a bucket that fills with time. Pure.

/** Messages that may come at once after silence, so that a late packet is no offence. */
const BURST_SECONDS = 2;

export interface Allowance {
	left: number;
	atMs: number;
}

/** A full bucket. */
export function fullAllowance(perSecond: number, nowMs: number): Allowance {
	return { left: perSecond * BURST_SECONDS, atMs: nowMs };
}

/** Takes one message out of the bucket; false when it is empty. */
export function take(allowance: Allowance, perSecond: number, nowMs: number): boolean {
	const refilled = allowance.left + ((nowMs - allowance.atMs) / 1000) * perSecond;
	allowance.left = Math.min(perSecond * BURST_SECONDS, refilled);
	allowance.atMs = nowMs;
	if (allowance.left < 1) return false;
	allowance.left--;
	return true;
}
