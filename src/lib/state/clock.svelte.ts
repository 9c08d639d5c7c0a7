// One clock for all relative times of a page: it ticks only while something shows a time and the page is visible.
import { createContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';

const TICK_MS = 1000;

export class Clock {
	#read: () => number;
	#subscribe: () => void;

	/** @param read epoch milliseconds; tests pass their own */
	constructor(read: () => number = Date.now) {
		this.#read = read;
		this.#subscribe = createSubscriber((update) => {
			let timer: ReturnType<typeof setInterval> | undefined;
			const follow = () => {
				clearInterval(timer);
				if (document.hidden) return;
				update();
				timer = setInterval(update, TICK_MS);
			};
			follow();
			document.addEventListener('visibilitychange', follow);
			return () => {
				clearInterval(timer);
				document.removeEventListener('visibilitychange', follow);
			};
		});
	}

	/** Epoch milliseconds; whoever reads it in markup is updated every second. */
	get now(): number {
		this.#subscribe();
		return this.#read();
	}
}

const [get, set, has] = createContext<Clock>();

/** Gives every component below its clock. */
export const setClock = set;

/** The page's clock, or one of its own outside a page (tests, the error page). */
export function getClock(): Clock {
	return has() ? get() : new Clock();
}
