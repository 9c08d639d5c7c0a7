// How long to wait before trying again: at once the first time, then longer, never the same for everybody.

const FIRST_MS = 250;
const MOST_MS = 10_000;

/**
 * @param failures tries in a row that failed, from 0
 * @param chance 0..1
 * @returns milliseconds
 */
export function backoffMs(failures: number, chance: number): number {
	if (failures === 0) return Math.round(50 * chance);
	return Math.round(
		Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10)) * (0.5 + chance / 2)
	);
}
