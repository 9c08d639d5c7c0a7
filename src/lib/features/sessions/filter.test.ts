import { expect, test } from 'vitest';
import { isTerminal, SESSION_STATES } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';
import { inView, matches, readFilter, writeFilter } from './filter.ts';

const session = (fields: Partial<SessionView>) =>
	({
		id: 's1',
		state: 'RUNNING',
		providerId: 'shell',
		agentName: 'Ada',
		taskSummary: 'Fix the oven',
		houseId: 'h1',
		houseName: 'bakery',
		runnerId: 'r1',
		runnerName: 'local',
		command: null,
		repo: null,
		...fields
	}) as SessionView;
const filter = (query: string) => readFilter(new URLSearchParams(query));

test('every session is either active or finished, and always among all', () => {
	for (const state of SESSION_STATES) {
		expect(inView(state, 'all')).toBe(true);
		expect(inView(state, 'finished')).toBe(isTerminal(state));
		expect(inView(state, 'active')).toBe(!isTerminal(state));
	}
});

test('all typed words must occur, wherever they are', () => {
	expect(matches(session({}), filter('q=OVEN ada'))).toBe(true);
	expect(matches(session({}), filter('q=oven berta'))).toBe(false);
});

test('filters add up', () => {
	expect(matches(session({}), filter('provider=shell&house=h1&runner=r1'))).toBe(true);
	expect(matches(session({}), filter('provider=shell&house=h2'))).toBe(false);
});

test('a filter survives the address of the page, and nonsense in it is the default', () => {
	for (const query of ['', '?view=finished&state=FAILED&q=a+b', '?view=all&house=h1'])
		expect(writeFilter(readFilter(new URLSearchParams(query)))).toBe(query);
	expect(filter('view=nonsense').view).toBe('active');
});
