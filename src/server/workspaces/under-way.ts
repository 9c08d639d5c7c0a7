// Answers that are under way: ten people who look at the same thing are one question.

/** Asks, or joins whoever asks under the same key at this moment. Bound: one entry per open question. */
export type Shared = <T>(key: string, ask: () => Promise<T>) => Promise<T>;

/** A failure is everybody's who joined; the next one asks anew. */
export function createShared(): Shared {
	const underWay = new Map<string, Promise<unknown>>();
	return <T>(key: string, ask: () => Promise<T>) => {
		const known = underWay.get(key);
		if (known) return known as Promise<T>;
		const asked = ask().finally(() => underWay.delete(key));
		underWay.set(key, asked);
		return asked;
	};
}
