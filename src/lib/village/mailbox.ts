// Changes on their way to the map: one slot per thing, so a map that does not draw for an hour costs nothing.
import type { VillageChange } from '#game/port.ts';

/** The thing a change speaks of; a newer change of the same thing replaces the waiting one. */
function subjectOf(change: VillageChange): string {
	switch (change.type) {
		case 'house':
			return `house ${change.house.id}`;
		case 'house_removed':
			return `house ${change.id}`;
		case 'villager':
			return `villager ${change.villager.id}`;
		case 'villager_removed':
			return `villager ${change.id}`;
		case 'workshop':
			return `workshop ${change.workshop.id}`;
		case 'workshop_removed':
			return `workshop ${change.id}`;
		case 'person_moved':
			return `person ${change.id}`;
		default:
			return change.type;
	}
}

/** Bound: one change per house, villager, workshop and person of the village. */
export class Mailbox {
	#waiting = new Map<string, VillageChange>();
	#wake: (() => void) | null = null;

	put(change: VillageChange): void {
		// A reset holds everything; a full list of people holds their places.
		if (change.type === 'reset') this.#waiting.clear();
		if (change.type === 'people')
			for (const key of this.#waiting.keys())
				if (key.startsWith('person ')) this.#waiting.delete(key);
		this.#waiting.set(subjectOf(change), change);
		this.#wake?.();
	}

	get size(): number {
		return this.#waiting.size;
	}

	/** Yields what waits and what comes, until `signal` aborts. */
	async *read(signal: AbortSignal): AsyncGenerator<VillageChange, void, void> {
		const wake = () => this.#wake?.();
		signal.addEventListener('abort', wake);
		try {
			while (!signal.aborted) {
				const [first] = this.#waiting;
				if (first) {
					this.#waiting.delete(first[0]);
					yield first[1];
				} else {
					await new Promise<void>((resolve) => (this.#wake = resolve));
					this.#wake = null;
				}
			}
		} finally {
			signal.removeEventListener('abort', wake);
		}
	}
}
