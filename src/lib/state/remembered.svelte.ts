// A choice of this browser that outlives the page: density, open panels. Never anything that matters elsewhere.
import { onMount } from 'svelte';

const PREFIX = 'agent-village.';

/** `false` as a default means a boolean, not only `false`. */
type Widened<T> = T extends boolean ? boolean : T extends number ? number : T;

export class Remembered<T extends string | number | boolean> {
	#value = $state() as Widened<T>;
	#key: string;

	/** Call while a component is made: the stored value is read once the page is in the browser. */
	constructor(key: string, initial: T) {
		this.#value = initial as Widened<T>;
		this.#key = PREFIX + key;
		onMount(() => {
			try {
				const stored: unknown = JSON.parse(localStorage.getItem(this.#key) ?? 'null');
				if (typeof stored === typeof initial) this.#value = stored as Widened<T>;
			} catch {
				// Storage may be forbidden or hold something else: the default stands.
			}
		});
	}

	get value(): Widened<T> {
		return this.#value;
	}

	set value(next: Widened<T>) {
		this.#value = next;
		try {
			localStorage.setItem(this.#key, JSON.stringify(next));
		} catch {
			// Without storage the choice holds for this page.
		}
	}
}
