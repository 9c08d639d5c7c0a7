// What can be done on this page: the palette lists it, keys reach it, buttons call it. Components add and take away their own.
import { createContext, untrack, type Component } from 'svelte';

export interface Command {
	/** Stable and unique, `session.pause`; a later one with the same id stands in front of an earlier. */
	id: string;
	title: string;
	/** Heading in the palette. */
	group: string;
	/** `g v` is one key after the other; `mod+k` is Ctrl or Cmd with k; single keys do not fire while typing. */
	keys?: string;
	/** Further words to be found by. */
	words?: string;
	icon?: Component<{ class?: string }>;
	/** Why it cannot be used now; it is then listed but greyed. */
	reason?: string | null;
	/** Reachable by its key only, not worth a line in the palette. */
	hidden?: boolean;
	run: () => void;
}

/** Time between the keys of a sequence. */
const SEQUENCE_MS = 1200;

export class Commands {
	paletteOpen = $state(false);
	helpOpen = $state(false);
	#sets = $state.raw<(() => Command[])[]>([]);
	#waiting = '';
	#waitingUntil = 0;

	/** All commands, later sets first, one per id. */
	readonly all: Command[] = $derived.by(() => {
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- it lives for this derivation
		const seen = new Set<string>();
		const list: Command[] = [];
		for (const set of [...this.#sets].reverse())
			for (const command of set())
				if (!seen.has(command.id)) {
					seen.add(command.id);
					list.push(command);
				}
		return list;
	});

	/** Adds a set that is read again whenever what it depends on changes; answers the function that removes it. */
	add(set: () => Command[]): () => void {
		// Untracked: an effect that adds must not run again because something was added.
		this.#sets = [...untrack(() => this.#sets), set];
		return () => {
			this.#sets = this.#sets.filter((other) => other !== set);
		};
	}

	/** Runs a command by id; false when there is none or it cannot be used now. */
	run(id: string): boolean {
		const command = this.all.find((c) => c.id === id);
		if (!command || command.reason) return false;
		command.run();
		return true;
	}

	/** Takes a key press of the page. Keys belong to what is typed into and to open dialogs first. */
	key(event: KeyboardEvent): void {
		if (event.defaultPrevented || event.isComposing) return;
		const typing = isTyping(event.target);
		if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
			if (typing === 'terminal' && !event.metaKey && !event.shiftKey) return;
			event.preventDefault();
			this.paletteOpen = !this.paletteOpen;
			return;
		}
		if (event.ctrlKey || event.metaKey || event.altKey || typing || isLayered()) return;
		if (event.key === 'Shift' || pressesControl(event)) return;
		const now = event.timeStamp;
		const pressed = this.#waiting && now < this.#waitingUntil ? `${this.#waiting} ` : '';
		const keys = pressed + keyName(event.key);
		const command = this.all.find((c) => c.keys === keys);
		if (command) {
			this.#waiting = '';
			if (command.reason) return;
			event.preventDefault();
			command.run();
		} else {
			const begins = this.all.some((c) => c.keys?.startsWith(`${keys} `));
			this.#waiting = begins ? keys : '';
			this.#waitingUntil = now + SEQUENCE_MS;
		}
	}
}

const NAMED: Record<string, string> = { Enter: 'enter', Escape: 'esc', ' ': 'space' };
const keyName = (key: string) => NAMED[key] ?? (key.length === 1 ? key : key.toLowerCase());

function isTyping(target: EventTarget | null): 'field' | 'terminal' | null {
	if (!(target instanceof HTMLElement)) return null;
	if (target.closest('.xterm, [data-terminal]')) return 'terminal';
	return target.closest('input, textarea, select, [contenteditable]:not([contenteditable=false])')
		? 'field'
		: null;
}

/** A modal dialog or menu is open: it has the keys. */
function isLayered(): boolean {
	return (
		document.querySelector('[role=dialog][data-state=open], [role=menu], [role=listbox]') !== null
	);
}

const [get, set] = createContext<Commands>();
export const setCommands = set;
export const getCommands = get;

/** Adds a component's commands for as long as it lives. Call while the component is made. */
export function useCommands(commands: () => Command[]): Commands {
	const registry = get();
	// Adding reads the list it writes: tracked, that would be an effect that never ends.
	$effect(() => untrack(() => registry.add(commands)));
	return registry;
}

/** Enter and Space on a button, link or item press it; no command may take them away. */
function pressesControl(event: KeyboardEvent): boolean {
	if (event.key !== 'Enter' && event.key !== ' ') return false;
	const target = event.target as Element | null;
	return !!target?.closest?.(
		'button, a[href], summary, [role="button"], [role="menuitem"], [role="treeitem"], [role="tab"]'
	);
}
