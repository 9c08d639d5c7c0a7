// What is open on the village page. The address says it, so that it can be sent, reloaded and left with the back button.
import { goto } from '$app/navigation';
import { page } from '$app/state';
import { selectedIn, viewIn, withSelected, withView, type Selected } from './address.ts';

export class Selection {
	/** Whether leaving goes back in the history instead of forward to a new place. */
	#openedHere = false;

	readonly now: Selected | null = $derived(selectedIn(page.url.searchParams));
	/** Which of map and list the address asks for; null leaves it to the page. */
	readonly view: 'map' | 'list' | null = $derived(viewIn(page.url.searchParams));

	/** The address that opens something, for links that work in a new tab too. */
	href(selected: Selected): string {
		return `${page.url.pathname}?${withSelected(page.url.searchParams, selected)}`;
	}

	open(selected: Selected): void {
		const { now } = this;
		if (now?.kind === selected.kind && now.id === selected.id) return;
		if (!now) this.#openedHere = true;
		// From one sheet to the next is one step, so that back leads to the map and not through all of them.
		void goto(this.href(selected), {
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
		} else this.#replace(withSelected(page.url.searchParams, null));
	}

	show(view: 'map' | 'list'): void {
		this.#replace(withView(page.url.searchParams, view));
	}

	#replace(query: string): void {
		const address = query ? `?${query}` : page.url.pathname;
		void goto(address, { replaceState: true, keepFocus: true, noScroll: true });
	}
}
