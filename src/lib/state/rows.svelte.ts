// Rows of one subject by id, replaced whole. The subject says when a row is news and how rows are ordered.
import { SvelteMap } from 'svelte/reactivity';

export class Rows<T extends { id: string }> {
	#byId = new SvelteMap<string, T>();
	#compare: (a: T, b: T) => number;
	#isNews: (next: T, known: T) => boolean;
	#sorted: T[] = $derived.by(() => [...this.#byId.values()].sort(this.#compare));

	/**
	 * @param compare order of `all`
	 * @param isNews whether a row replaces the known one; folding the same event twice must answer false or change nothing
	 */
	constructor(
		compare: (a: T, b: T) => number,
		isNews: (next: T, known: T) => boolean = () => true
	) {
		this.#compare = compare;
		this.#isNews = isNews;
	}

	/** Every row, in order. */
	get all(): T[] {
		return this.#sorted;
	}

	get size(): number {
		return this.#byId.size;
	}

	get(id: string): T | undefined {
		return this.#byId.get(id);
	}

	/** Takes a row in; answers whether it changed anything. */
	put(row: T): boolean {
		const known = this.#byId.get(row.id);
		if (known && !this.#isNews(row, known)) return false;
		this.#byId.set(row.id, row);
		return true;
	}

	remove(id: string): void {
		this.#byId.delete(id);
	}

	/** Takes a fresh snapshot: what it does not hold is gone. */
	reset(rows: readonly T[]): void {
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- it lives for this call
		const kept = new Set(rows.map((row) => row.id));
		for (const id of this.#byId.keys()) if (!kept.has(id)) this.#byId.delete(id);
		for (const row of rows) this.#byId.set(row.id, row);
	}
}
