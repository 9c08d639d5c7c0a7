import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AGENT_STATES } from '#domain/mood.ts';
import { SESSION_STATES } from '#domain/session.ts';
import type { GameSettings, VillageChange, VillageSnapshot } from '#game/port.ts';
import { houseSize } from './mapping.ts';
import { VillagePort, type VillageTables } from './port.ts';
import { agentRow, approvalRow, houseRow, personRow, runnerRow } from './testing/rows.ts';

const SETTINGS: GameSettings = { motion: 'full', sound: false, hour: null, canArrange: false };

const EMPTY: VillageTables = {
	village: { id: 'meadow', name: 'Meadow', seed: 'seed' },
	houses: [],
	agents: [],
	runners: [],
	pending: [],
	people: []
};

function portOf(tables: Partial<VillageTables> = {}) {
	const port = new VillagePort(
		{ ...EMPTY, ...tables },
		{ self: { userId: 'me', name: 'Me' }, settings: SETTINGS, onIntent: () => {} }
	);
	return { port, tables: (more: Partial<VillageTables>) => ({ ...EMPTY, ...more }) };
}

/** A map that applies changes as the game does, and can be asked what it shows. */
class Canvas {
	shown: VillageSnapshot;
	#changes: AsyncIterator<VillageChange>;
	#waiting: Promise<IteratorResult<VillageChange>> | null = null;
	readonly ends = new AbortController();
	count = 0;

	constructor(port: VillagePort) {
		this.shown = structuredClone(port.snapshot());
		this.#changes = port.follow(this.ends.signal)[Symbol.asyncIterator]();
	}

	/** One frame: everything that waits is applied. */
	async frame(): Promise<void> {
		for (;;) {
			this.#waiting ??= this.#changes.next();
			const next = await Promise.race([
				this.#waiting,
				new Promise<null>((resolve) => setImmediate(() => resolve(null)))
			]);
			if (next === null || next.done) return;
			this.#waiting = null;
			this.count++;
			this.#apply(structuredClone(next.value));
		}
	}

	#apply(change: VillageChange): void {
		const put = <T extends { id: string }>(list: T[], view: T) => {
			const at = list.findIndex((known) => known.id === view.id);
			if (at < 0) list.push(view);
			else list[at] = view;
		};
		const drop = <T extends { id: string }>(list: T[], id: string) =>
			list.filter((view) => view.id !== id);
		const shown = this.shown;
		switch (change.type) {
			case 'house':
				return put(shown.houses, change.house);
			case 'house_removed':
				return void (shown.houses = drop(shown.houses, change.id));
			case 'villager':
				return put(shown.villagers, change.villager);
			case 'villager_removed':
				return void (shown.villagers = drop(shown.villagers, change.id));
			case 'workshop':
				return put(shown.workshops, change.workshop);
			case 'workshop_removed':
				return void (shown.workshops = drop(shown.workshops, change.id));
			case 'people':
				return void (shown.people = change.people);
			case 'person_moved': {
				const person = shown.people.find((known) => known.id === change.id);
				if (person) Object.assign(person, { x: change.x, y: change.y, pointer: change.pointer });
				return;
			}
			case 'approvals':
				return void (shown.approvalsPending = change.pending);
			case 'reset':
				this.shown = change.snapshot;
		}
	}
}

const byId = <T extends { id: string }>(views: readonly T[]) =>
	[...views].sort((a, b) => (a.id < b.id ? -1 : 1));

/** The same picture, whatever order things came in. */
function sorted(picture: VillageSnapshot): VillageSnapshot {
	return {
		...picture,
		houses: byId(picture.houses),
		villagers: byId(picture.villagers),
		workshops: byId(picture.workshops),
		people: byId(picture.people)
	};
}

test('a house is as big as its number of files says', () => {
	expect([0, 9, 10, 29, 30, 79, 80, 199, 200, 100_000].map(houseSize)).toEqual([
		'tiny',
		'tiny',
		'small',
		'small',
		'medium',
		'medium',
		'large',
		'large',
		'huge',
		'huge'
	]);
	expect(houseSize(null)).toBe('small');
});

test('a window is lit only while something goes on inside', () => {
	const house = houseRow('bakery');
	for (const sessionState of [...SESSION_STATES, null]) {
		const { port } = portOf({
			houses: [house],
			agents: [agentRow('ada', { houseId: 'bakery', sessionId: 's', sessionState })]
		});
		const busy = sessionState === 'RUNNING' || sessionState === 'WAITING_FOR_APPROVAL';
		expect(port.snapshot().houses[0]!.lit, String(sessionState)).toBe(busy);
	}
});

test('a waiting villager says what it asks, in one short line', () => {
	const long = `Merge\n  PR 123 ${'and more '.repeat(20)}`;
	const { port } = portOf({
		agents: [agentRow('ada', { state: 'waiting', bubble: 'main.ts' })],
		pending: [approvalRow('p1', 'ada', { summary: long }), approvalRow('p2', 'ada')]
	});
	const [ada] = port.snapshot().villagers;
	expect(ada!.bubble).toMatch(/^Merge PR 123 and more .*…$/);
	expect(ada!.bubble!.length).toBeLessThanOrEqual(48);
	expect(ada!.approvalsPending).toBe(2);
});

test('who has the terminal open is told at the villager whose session it is', () => {
	const { port } = portOf({
		agents: [agentRow('ada', { sessionId: 's1' }), agentRow('ben', { sessionId: null })],
		people: [
			personRow('eve', { name: 'Eve', watching: 's1' }),
			personRow('tom', { name: 'Tom', watching: 's2' }),
			personRow('sam', { name: 'Sam' })
		]
	});
	const watched = port.snapshot().villagers.map((v) => [v.id, v.watchedBy]);
	expect(watched).toEqual([
		['ada', ['Eve']],
		['ben', []]
	]);
});

test('an offline workshop smokes no more, whatever it last reported', () => {
	const { port } = portOf({ runners: [runnerRow('w', { connected: false, status: 'offline' })] });
	expect(port.snapshot().workshops[0]).toMatchObject({ status: 'offline', load: 0 });
});

test('the same rows told twice change nothing on the map', async () => {
	const { port, tables } = portOf();
	const canvas = new Canvas(port);
	const rows = () => tables({ houses: [houseRow('h')], agents: [agentRow('ada')] });
	port.update(rows());
	await canvas.frame();
	const count = canvas.count;
	expect(count).toBe(2);
	port.update(rows());
	port.update(rows());
	await canvas.frame();
	expect(canvas.count).toBe(count);
});

test('a thousand changes while the map sleeps become one per thing', async () => {
	const { port, tables } = portOf();
	const canvas = new Canvas(port);
	for (let i = 0; i < 1000; i++)
		port.update(tables({ agents: [agentRow('ada', { bubble: `line ${i}` }), agentRow('ben')] }));
	await canvas.frame();
	expect(canvas.count).toBe(2);
	expect(canvas.shown.villagers[0]!.bubble).toBe('line 999');
});

test('another village, or a new seed, is a new picture', async () => {
	const { port, tables } = portOf({ houses: [houseRow('old')] });
	const canvas = new Canvas(port);
	port.update(
		tables({ village: { id: 'hill', name: 'Hill', seed: 'x' }, houses: [houseRow('new')] })
	);
	await canvas.frame();
	expect(canvas.count).toBe(1);
	expect(canvas.shown.houses.map((house) => house.id)).toEqual(['new']);
});

test('no change falls between taking the picture and following it', async () => {
	const { port, tables } = portOf();
	port.snapshot();
	port.update(tables({ houses: [houseRow('h')] }));
	const ends = new AbortController();
	const first = await port.follow(ends.signal)[Symbol.asyncIterator]().next();
	expect(first.value).toMatchObject({ type: 'reset', snapshot: { houses: [{ id: 'h' }] } });
	ends.abort();
});

test('a following that ends is let go', async () => {
	const { port, tables } = portOf();
	const ends = new AbortController();
	const reading = (async () => {
		for await (const _ of port.follow(ends.signal)) void _;
	})();
	port.update(tables({ houses: [houseRow('h')] }));
	ends.abort();
	await reading;
});

test('people walk without a new list, and keep their place when the list comes', async () => {
	const eve = personRow('eve', { name: 'Eve', x: 1, y: 1 });
	const { port, tables } = portOf({ people: [eve] });
	const canvas = new Canvas(port);
	port.moved('eve', { x: 7, y: 8, hand: { x: 9, y: 9 } });
	port.moved('stranger', { x: 1, y: 1, hand: null });
	await canvas.frame();
	const shownEve = () => canvas.shown.people.find((person) => person.id === 'eve');
	expect(shownEve()).toMatchObject({ x: 7, y: 8, pointer: { x: 9, y: 9 } });
	port.update(tables({ people: [eve, personRow('tom')] }));
	await canvas.frame();
	expect(shownEve()).toMatchObject({ x: 7, y: 8 });
	expect(canvas.shown.people.map((person) => person.self)).toEqual([true, false, false]);
});

const agents = fc.uniqueArray(
	fc.record({
		id: fc.constantFrom('ada', 'ben', 'cy', 'dot'),
		state: fc.constantFrom(...AGENT_STATES),
		bubble: fc.option(fc.string({ maxLength: 5 })),
		houseId: fc.option(fc.constantFrom('h1', 'h2')),
		sessionState: fc.option(fc.constantFrom(...SESSION_STATES))
	}),
	{ selector: (agent) => agent.id, maxLength: 4 }
);
const moment = fc.record({
	agents,
	houses: fc.uniqueArray(fc.constantFrom('h1', 'h2'), { maxLength: 2 }),
	asking: fc.uniqueArray(fc.constantFrom('ada', 'ben'), { maxLength: 2 }),
	people: fc.uniqueArray(fc.constantFrom('eve', 'tom'), { maxLength: 2 }),
	seed: fc.constantFrom('a', 'a', 'a', 'b'),
	frame: fc.boolean()
});

test('the map never shows a state that its table does not hold, and ends up with the whole picture', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 12 }), async (moments) => {
			const { port } = portOf();
			const canvas = new Canvas(port);
			for (const { agents, houses, asking, people, seed, frame } of moments) {
				const tables: VillageTables = {
					village: { id: 'meadow', name: 'Meadow', seed },
					houses: houses.map((id) => houseRow(id)),
					agents: agents.map(({ id, ...more }) => agentRow(id, more)),
					runners: [],
					pending: asking.map((agentId) => approvalRow(`ask-${agentId}`, agentId)),
					people: people.map((id) => personRow(id))
				};
				port.update(tables);
				if (!frame) continue;
				await canvas.frame();
				for (const villager of canvas.shown.villagers) {
					const row = tables.agents.find((agent) => agent.id === villager.id);
					expect(villager.state).toBe(row?.state);
					expect(villager.sinceMs).toBe(Date.parse(row!.stateSince));
				}
				expect(canvas.shown.approvalsPending).toBe(tables.pending.length);
			}
			await canvas.frame();
			const whole = port.snapshot();
			expect(sorted(canvas.shown)).toEqual(sorted(whole));
			canvas.ends.abort();
		}),
		{ numRuns: 60 }
	);
});
