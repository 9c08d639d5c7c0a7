// What a menu is made of, for DropdownMenu.svelte and ContextMenu.svelte alike.
import type { Component } from 'svelte';

export interface MenuAction {
	kind?: 'action';
	label: string;
	icon?: Component<{ class?: string }> | undefined;
	/** Shown at the right; the key itself is bound elsewhere. */
	keys?: string | undefined;
	danger?: boolean | undefined;
	/** Why it cannot be used now; null or undefined when it can. */
	reason?: string | null | undefined;
	href?: string | undefined;
	checked?: boolean | undefined;
	run?: (() => void) | undefined;
}
export type MenuEntry = MenuAction | { kind: 'separator' } | { kind: 'heading'; label: string };
