// What is open on the village page. The address says it, so that it can be sent, reloaded and left with the back button.
import { goto } from '$app/navigation';
import { page } from '$app/state';

export type Selected = { kind: 'villager' | 'house' | 'workshop'; id: string };

const PARAMETERS = { villager: 'agent', house: 'house', workshop: 'runner' } as const;
const KINDS = Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[];

export class Selection {
	/** Whether leaving goes back in the history instead of forward to a new place. */
	#openedHere = false;

	readonly now: Selected | null = $derived.by(() => {
		for (const kind of KINDS) {
			const id = page.url.searchParams.get(PARAMETERS[kind]);
			if (id) return { kind, id };
		}
		return null;
	});

	/** Which of map and list is shown; null leaves it to the page. */
	readonly view: 'map' | 'list' | null = $derived.by(() => {
		const view = page.url.searchParams.get('view');
		return view === 'map' || view === 'list' ? view : null;
	});

	/** The address that opens something, for links that work in a new tab too. */
	href(selected: Selected): string {
		return `${page.url.pathname}?${this.#query(selected)}`;
	}

	open(selected: Selected): void {
		const { now } = this;
		if (now?.kind === selected.kind && now.id === selected.id) return;
		if (!now) this.#openedHere = true;
		// From one sheet to the next is one step, so that back leads to the map and not through all of them.
		void goto(`?${this.#query(selected)}`, {
			replaceState: now !== null,
			keepFocus: true,
			noScroll: true
		});
	}

	close(): void {
		if (!this.now) return;
		if (this.#openedHere) {
			this.#openedHere = false;
			history.back();
		} else this.#replace(this.#query(null));
	}

	show(view: 'map' | 'list'): void {
		this.#replace(new URLSearchParams({ ...this.#kept(), ...this.#parameters(), view }).toString());
	}

	#query(selected: Selected | null): string {
		const named = selected ? { [PARAMETERS[selected.kind]]: selected.id } : {};
		return new URLSearchParams({ ...this.#kept(), ...named }).toString();
	}

	/** What the address says besides what is open. */
	#kept(): Record<string, string> {
		const ours = new Set<string>(Object.values(PARAMETERS));
		return Object.fromEntries([...page.url.searchParams].filter(([name]) => !ours.has(name)));
	}

	#parameters(): Record<string, string> {
		const { now } = this;
		return now ? { [PARAMETERS[now.kind]]: now.id } : {};
	}

	#replace(query: string): void {
		const address = query ? `?${query}` : page.url.pathname;
		void goto(address, { replaceState: true, keepFocus: true, noScroll: true });
	}
}
