// One at a time per key, in the order of asking.

/** Runs tasks of the same key one after the other; tasks of different keys side by side. */
export function createMutex(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
	const tails = new Map<string, Promise<unknown>>();
	return async (key, task) => {
		const before = tails.get(key);
		const mine = (async () => {
			await before?.catch(() => undefined);
			return task();
		})();
		tails.set(key, mine);
		try {
			return await mine;
		} finally {
			if (tails.get(key) === mine) tails.delete(key);
		}
	};
}
