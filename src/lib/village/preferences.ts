// What a person chose for their own view of the village, kept in their browser.

/** `null` where nothing was chosen yet, or where the browser keeps nothing. */
export interface ViewChoices {
	view: 'map' | 'list' | null;
	calm: boolean | null;
	/** The first steps are folded to a line. */
	stepsFolded: boolean | null;
}

const KEY = 'village.view';
const NOTHING: ViewChoices = { view: null, calm: null, stepsFolded: null };

/** Reads the choices; what cannot be read counts as not chosen. */
export function readChoices(storage: Pick<Storage, 'getItem'> | null): ViewChoices {
	try {
		const kept: unknown = JSON.parse(storage?.getItem(KEY) ?? 'null');
		if (typeof kept !== 'object' || kept === null) return NOTHING;
		const { view, calm, stepsFolded } = kept as Record<string, unknown>;
		return {
			view: view === 'map' || view === 'list' ? view : null,
			calm: typeof calm === 'boolean' ? calm : null,
			stepsFolded: typeof stepsFolded === 'boolean' ? stepsFolded : null
		};
	} catch {
		return NOTHING;
	}
}

/** Keeps the choices; a browser that keeps nothing is no fault. */
export function keepChoices(storage: Pick<Storage, 'setItem'> | null, choices: ViewChoices): void {
	try {
		storage?.setItem(KEY, JSON.stringify(choices));
	} catch {
		// Private windows and full storages: the choice holds until the page is left.
	}
}
