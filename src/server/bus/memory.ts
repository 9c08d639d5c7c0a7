// Wake-ups inside one process: "something changed in this org". Never truth; losing one costs latency, not data.
import type { StoredEvent } from '#server/events/log.ts';

export type WakeUp =
	| {
			kind: 'events';
			orgId: string;
			/** The org's newest event before these: whoever has it needs no look into the table. */
			prevId: number;
			lastId: number;
			/** What was committed, oldest first. */
			events: () => StoredEvent[];
	  }
	| { kind: 'schedule' };

export interface Bus {
	publish(wakeUp: WakeUp): void;
	/** Calls back for every wake-up until the returned function is called. A callback that throws harms nobody else. */
	subscribe(callback: (wakeUp: WakeUp) => void): () => void;
}

export function createMemoryBus(onError: (error: unknown) => void): Bus {
	const listeners = new Set<(wakeUp: WakeUp) => void>();
	return {
		publish(wakeUp) {
			for (const listener of listeners) {
				try {
					listener(wakeUp);
				} catch (error) {
					onError(error);
				}
			}
		},
		subscribe(callback) {
			listeners.add(callback);
			return () => listeners.delete(callback);
		}
	};
}
