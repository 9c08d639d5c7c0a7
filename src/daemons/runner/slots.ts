// So many at once, and so many more that wait.

/** Thrown instead of waiting behind too many others. */
export class BusyError extends Error {
	override name = 'BusyError';
	readonly code = 'BUSY';
}

/** Runs at most `atOnce` tasks side by side; at most `waiting` more wait for their turn, in order. */
export function createSlots(
	atOnce: number,
	waiting: number
): <T>(task: () => Promise<T>) => Promise<T> {
	let running = 0;
	const queue: (() => void)[] = [];
	return async (task) => {
		if (running >= atOnce) {
			if (queue.length >= waiting) throw new BusyError('too many ask at once');
			// Whoever ends hands its slot on, so that nobody who comes later slips in between.
			await new Promise<void>((resolve) => queue.push(resolve));
		} else running++;
		try {
			return await task();
		} finally {
			const next = queue.shift();
			if (next) next();
			else running--;
		}
	};
}
