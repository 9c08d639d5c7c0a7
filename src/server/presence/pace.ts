// The first after silence runs at once, the next ones at most every so often; no timer while nothing happens.
import type { Clock } from '#server/clock.ts';

export interface Pace {
	/** Asks for a run; many asks before it are one. */
	ask(): void;
	close(): void;
}

/** @param everyMs least milliseconds between two runs */
export function createPace(everyMs: number, clock: Clock, run: () => void): Pace {
	let timer: NodeJS.Timeout | null = null;
	let last = -Infinity;
	const go = () => {
		timer = null;
		last = clock.monotonicMs();
		run();
	};
	return {
		ask() {
			if (timer) return;
			const wait = last + everyMs - clock.monotonicMs();
			if (wait <= 0) return go();
			timer = setTimeout(go, wait);
			timer.unref();
		},
		close() {
			if (timer) clearTimeout(timer);
			timer = null;
		}
	};
}
