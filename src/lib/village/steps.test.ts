import { expect, test } from 'vitest';
import type { Checklist, SessionView } from '#domain/views.ts';
import { keepChoices, readChoices } from './preferences.ts';
import { lookedAround, stepsDone } from './steps.ts';
import { approvalRow, houseRow, runnerRow } from './testing/rows.ts';

const checklist: Checklist = { dismissed: false, steps: [] };
const nothing = {
	checklist,
	seen: new Set<never>(),
	userId: 'me',
	houses: [],
	runners: [],
	sessions: [],
	approvals: []
};

test('a fresh village with its demo and its own machine has no step done', () => {
	const done = stepsDone({
		...nothing,
		houses: [houseRow('demo', { demo: true })],
		runners: [runnerRow('local')],
		sessions: [{ demo: true, createdBy: 'me' } as SessionView]
	});
	expect([...done]).toEqual([]);
});

test('each step is noticed from what is there', () => {
	const done = stepsDone({
		...nothing,
		checklist: { dismissed: false, steps: [{ id: 'look_around', done: true }] },
		seen: new Set(['open_terminal'] as const),
		houses: [houseRow('mine')],
		runners: [runnerRow('far', { local: false })],
		sessions: [{ demo: false, createdBy: 'me' } as SessionView],
		approvals: [
			approvalRow('p', 'ada', {
				status: 'denied',
				resolvedBy: { kind: 'user', id: 'me', name: 'Me', via: 'web' }
			})
		]
	});
	expect([...done].sort()).toEqual(
		['add_house', 'approve', 'look_around', 'open_terminal', 'second_machine', 'start_agent'].sort()
	);
});

test('what others answered is not one’s own answer', () => {
	const byOther = approvalRow('p', 'ada', {
		status: 'allowed',
		resolvedBy: { kind: 'user', id: 'other', name: 'Other', via: 'web' }
	});
	expect(stepsDone({ ...nothing, approvals: [byOther] }).has('approve')).toBe(false);
});

test('looking around is going somewhere or nearer, not a nudge', () => {
	const first = { x: 0, y: 0, zoom: 2 };
	expect(lookedAround(first, { x: 1, y: 1, zoom: 2 })).toBe(false);
	expect(lookedAround(first, { x: 9, y: 0, zoom: 2 })).toBe(true);
	expect(lookedAround(first, { x: 0, y: 0, zoom: 3 })).toBe(true);
});

test('choices are kept, and nonsense in the browser’s storage is no choice', () => {
	const kept = new Map<string, string>();
	const storage = {
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value)
	};
	const nothingChosen = { view: null, calm: null, stepsFolded: null };
	expect(readChoices(storage)).toEqual(nothingChosen);
	keepChoices(storage, { view: 'list', calm: true, stepsFolded: false });
	expect(readChoices(storage)).toEqual({ view: 'list', calm: true, stepsFolded: false });
	for (const bad of ['{', '3', 'null', '{"view":"globe","calm":"yes"}']) {
		storage.setItem('village.view', bad);
		expect(readChoices(storage)).toEqual(nothingChosen);
	}
	expect(readChoices(null)).toEqual(nothingChosen);
});
