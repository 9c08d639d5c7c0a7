// Keeps the runner from running far ahead of those who look: what nobody was sent yet is acknowledged a little later. Without
// this every viewer of a flood falls behind what is in memory, and is served from copies and files of its own.

export interface Pace {
	/** Something waits to be acknowledged. */
	readonly holding: boolean;
	/** Everything before `stored` may be acknowledged; the furthest viewer was sent everything before `sent`. */
	stored(stored: number, sent: number): void;
	/** A viewer was sent everything before `sent`. */
	progressed(sent: number): void;
	close(): void;
}

/**
 * Bytes wait for the furthest viewer at most this long (and up to as long again): with a window of a megabyte no session is
 * slowed below some megabytes a second, however slow its viewers are, and nobody who stopped looking holds it up.
 */
const HOLD_MS = 100;

/** @param acknowledge called with offsets that grow */
export function createPace(acknowledge: (offset: number) => void): Pace {
	let held = 0;
	let told = 0;
	/** What was held when the timer last fired. */
	let overdue = 0;
	let timer: NodeJS.Timeout | null = null;

	function tell(offset: number): void {
		const next = Math.min(held, offset);
		if (next > told) acknowledge((told = next));
	}

	function late(): void {
		timer = null;
		tell(overdue);
		overdue = held;
		if (held > told) timer = setTimeout(late, HOLD_MS);
	}

	return {
		get holding() {
			return held > told;
		},
		stored(stored, sent) {
			held = Math.max(held, stored);
			tell(sent);
			if (held > told && !timer) {
				overdue = told;
				timer = setTimeout(late, HOLD_MS);
			}
		},
		progressed(sent) {
			if (held > told) tell(sent);
		},
		close() {
			if (timer) clearTimeout(timer);
			timer = null;
			held = told;
		}
	};
}
