// What is open, as the address says it. Pure: query in, query out.

export type Selected = { kind: 'villager' | 'house' | 'workshop'; id: string };

const PARAMETERS = { villager: 'agent', house: 'house', workshop: 'runner' } as const;
const KINDS = Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[];

/** The thing an address names; the first of several, null for none. */
export function selectedIn(query: URLSearchParams): Selected | null {
	for (const kind of KINDS) {
		const id = query.get(PARAMETERS[kind]);
		if (id) return { kind, id };
	}
	return null;
}

/** The same address with something else open, or nothing. */
export function withSelected(query: URLSearchParams, selected: Selected | null): string {
	const next = new URLSearchParams(query);
	for (const kind of KINDS) next.delete(PARAMETERS[kind]);
	if (selected) next.set(PARAMETERS[selected.kind], selected.id);
	return next.toString();
}

/** Which of map and list an address asks for, or null. */
export function viewIn(query: URLSearchParams): 'map' | 'list' | null {
	const view = query.get('view');
	return view === 'map' || view === 'list' ? view : null;
}

/** The same address in the other view. */
export function withView(query: URLSearchParams, view: 'map' | 'list'): string {
	const next = new URLSearchParams(query);
	next.set('view', view);
	return next.toString();
}
