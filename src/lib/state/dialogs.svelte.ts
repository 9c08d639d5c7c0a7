// Dialogs that open from anywhere: the palette, a page, a house on the map.
import { createContext } from 'svelte';

/** What a start dialog is filled with. */
export interface StartWish {
	houseId?: string | null;
	providerId?: string;
	agentId?: string | null;
	task?: string;
	command?: string;
}

export class Dialogs {
	/** Non-null while "start an agent" is open. */
	start = $state.raw<StartWish | null>(null);
	addHouse = $state(false);
	joinRunner = $state(false);
}

const [get, set] = createContext<Dialogs>();
export const setDialogs = set;
export const getDialogs = get;
