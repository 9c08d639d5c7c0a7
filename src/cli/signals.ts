// Ctrl-C and its relatives, counted: the first asks, the second insists.

export interface Signals {
	/** Resolves at the first signal, with its name. */
	readonly first: Promise<NodeJS.Signals>;
	/** Counts one by hand, for a terminal in which Ctrl-C is a key. */
	raise(signal: NodeJS.Signals): void;
	/** Arms the first one again, after a person decided to stay. */
	again(): Promise<NodeJS.Signals>;
	close(): void;
}

/** Two signals closer than this are one: a terminal sends to the group, and a parent passes it on. */
const SAME_MS = 150;

/** @param onSecond called at each further signal; must end the process within a second */
export function watchSignals(onSecond: () => void): Signals {
	const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
	let resolve: ((signal: NodeJS.Signals) => void) | null = null;
	let lastAt = -Infinity;
	const arm = () => new Promise<NodeJS.Signals>((done) => (resolve = done));
	const raise = (signal: NodeJS.Signals) => {
		const now = performance.now();
		if (now - lastAt < SAME_MS) return;
		lastAt = now;
		if (!resolve) return onSecond();
		const first = resolve;
		resolve = null;
		first(signal);
	};
	const first = arm();
	for (const name of names) process.on(name, raise);
	return {
		first,
		raise,
		again: arm,
		close() {
			for (const name of names) process.off(name, raise);
		}
	};
}
