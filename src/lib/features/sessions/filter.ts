// Which sessions a list shows. Pure; the address of the page holds the filter, so that it can be shared and kept.
import { isTerminal, type SessionState } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';

export const VIEWS = ['active', 'waiting', 'finished', 'all'] as const;
export type View = (typeof VIEWS)[number];

export interface Filter {
	view: View;
	/** Exactly this state, or empty for every state of the view. */
	state: string;
	provider: string;
	house: string;
	runner: string;
	/** Words that all must occur somewhere. */
	text: string;
}

const KEYS = ['state', 'provider', 'house', 'runner'] as const;

export function readFilter(params: URLSearchParams): Filter {
	const view = params.get('view');
	return {
		view: (VIEWS as readonly string[]).includes(view ?? '') ? (view as View) : 'active',
		state: params.get('state') ?? '',
		provider: params.get('provider') ?? '',
		house: params.get('house') ?? '',
		runner: params.get('runner') ?? '',
		text: params.get('q') ?? ''
	};
}

/** The query for a filter; what is at its default is left out. */
export function writeFilter(filter: Filter): string {
	const params = new URLSearchParams();
	if (filter.view !== 'active') params.set('view', filter.view);
	for (const key of KEYS) if (filter[key]) params.set(key, filter[key]);
	if (filter.text) params.set('q', filter.text);
	const query = params.toString();
	return query ? `?${query}` : '';
}

export function inView(state: SessionState, view: View): boolean {
	if (view === 'all') return true;
	if (view === 'waiting') return state === 'WAITING_FOR_APPROVAL';
	return isTerminal(state) === (view === 'finished');
}

export function matches(session: SessionView, filter: Filter): boolean {
	if (!inView(session.state, filter.view)) return false;
	if (filter.state && session.state !== filter.state) return false;
	if (filter.provider && session.providerId !== filter.provider) return false;
	if (filter.house && session.houseId !== filter.house) return false;
	if (filter.runner && session.runnerId !== filter.runner) return false;
	const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length === 0) return true;
	const all =
		`${session.agentName} ${session.taskSummary} ${session.houseName ?? ''} ${session.runnerName ?? ''} ${session.providerId} ${session.command ?? ''} ${session.repo?.branch ?? ''} ${session.id}`.toLowerCase();
	return words.every((word) => all.includes(word));
}

const URGENCY: Partial<Record<SessionState, number>> = {
	WAITING_FOR_APPROVAL: 0,
	RUNNING: 1,
	PAUSED_BY_HUMAN: 2,
	QUEUED: 3,
	CREATED: 3
};

/** Active lists put what needs a person first; rows do not jump while states within a rank change. */
export function byUrgency(a: SessionView, b: SessionView): number {
	const rank = (URGENCY[a.state] ?? 9) - (URGENCY[b.state] ?? 9);
	return rank || b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
}
