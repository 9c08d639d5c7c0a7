import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AGENT_STATES } from '#domain/mood.ts';
import type { VillageChange } from '../port.ts';
import { CROWD_LIMIT } from './seats.ts';
import { type World, createWorld, step } from './world.ts';
import { isFree } from './grid.ts';
import { START, houseView, snapshotOf, villagerView } from './village-fixtures.ts';

const still = { changes: [], calm: false, unseen: false };
const looks = (world: World) => [...world.actors].map(([id, actor]) => [id, actor.look]);
/** Lets time pass in frames of 50 ms. */
function pass(world: World, ms: number): void {
	for (let t = 0; t < ms; t += 50) step(world, still, 50);
}

test('two clients that came at different times see everyone in the same place', () => {
	const early = createWorld(snapshotOf(4, 40), START);
	pass(early, 30_000);
	const late = createWorld(snapshotOf(4, 40), START + 30_000);
	step(late, still, 0);
	expect(looks(late)).toEqual(looks(early));
});

test('a change applied twice is the same as once', () => {
	const change: VillageChange = {
		type: 'villager',
		villager: villagerView(3, { state: 'working', sinceMs: START + 100 })
	};
	const once = createWorld(snapshotOf(3, 12), START);
	const twice = createWorld(snapshotOf(3, 12), START);
	step(once, { ...still, changes: [change] }, 100);
	step(twice, { ...still, changes: [change, change] }, 100);
	step(twice, { ...still, changes: [change] }, 0);
	expect(looks(twice)).toEqual(looks(once));
});

test('a thousand changes that came while hidden become state, not walks', () => {
	const world = createWorld(snapshotOf(6, 30), START);
	const changes: VillageChange[] = Array.from({ length: 1_000 }, (_, i) => ({
		type: 'villager',
		villager: villagerView(i % 30, {
			houseId: `house-0000${(i * 5) % 6}`,
			state: (['working', 'running', 'reading', 'waiting'] as const)[i % 4]!,
			sinceMs: START + i
		})
	}));
	step(world, { changes, calm: false, unseen: true }, 3_600_000);
	for (const actor of world.actors.values()) {
		expect(actor.journey).toBeNull();
		expect(actor.look.walking).toBe(false);
		expect(world.layout.houses.get(actor.view.houseId!)).toBeDefined();
	}
});

test('a villager whose session starts walks from the gate to its house and is there within half a minute', () => {
	const snapshot = snapshotOf(2, 0);
	const world = createWorld(snapshot, START);
	const villager = villagerView(1, { houseId: 'house-00001', state: 'starting', sinceMs: START });
	step(world, { ...still, changes: [{ type: 'villager', villager }] }, 16);
	const actor = world.actors.get(villager.id)!;
	expect(actor.look.walking).toBe(true);
	for (let t = 0; t < 30_000; t += 50) {
		step(world, still, 50);
		expect(isFree(world.layout.grid, Math.floor(actor.look.x), Math.floor(actor.look.y))).toBe(
			true
		);
	}
	expect(actor.look.walking).toBe(false);
	const house = world.layout.houses.get('house-00001')!;
	expect(Math.hypot(actor.look.x - house.door.x, actor.look.y - house.door.y)).toBeLessThan(20);
});

test('what a villager shows is what its state says, whatever came before', () => {
	const stateArb = fc.constantFrom(...AGENT_STATES);
	fc.assert(
		fc.property(fc.array(stateArb, { minLength: 1, maxLength: 12 }), (states) => {
			const world = createWorld(snapshotOf(2, 1), START);
			states.forEach((state, i) => {
				const villager = villagerView(0, { state, sinceMs: START + i * 1_000 });
				step(world, { ...still, changes: [{ type: 'villager', villager }] }, 1_000);
			});
			pass(world, 8_000);
			const last = states.at(-1)!;
			const fresh = createWorld(
				{
					...snapshotOf(2, 0),
					villagers: [
						villagerView(0, { state: last, sinceMs: START + (states.length - 1) * 1_000 })
					]
				},
				world.nowMs
			);
			const { look } = world.actors.get('villager-00000')!;
			step(fresh, still, 0);
			if (last !== 'starting' && last !== 'traveling')
				expect(look).toEqual(fresh.actors.get('villager-00000')!.look);
		}),
		{ numRuns: 60 }
	);
});

test('in calm mode nobody moves and nothing is due by itself', () => {
	const world = createWorld(snapshotOf(3, 40), START, true);
	step(world, { ...still, calm: true }, 16);
	const before = looks(world);
	step(world, { ...still, calm: true }, 600_000);
	expect(looks(world)).toEqual(before);
	expect(world.nextMs).toBe(Infinity);
});

test('while nothing is at work the next motion is known, so that drawing can stop until then', () => {
	const world = createWorld(
		{ ...snapshotOf(2, 0), villagers: [villagerView(0, { state: 'idle' })] },
		START
	);
	let slept = 0;
	for (let i = 0; i < 6_000; i++) {
		step(world, still, Math.max(16, world.nextMs - world.nowMs));
		slept = Math.max(slept, world.nextMs - world.nowMs);
	}
	expect(slept).toBeGreaterThan(2_000);
});

test('more than forty at one house gather as a crowd with a number', () => {
	const world = createWorld(
		{
			...snapshotOf(1, 0),
			villagers: Array.from({ length: CROWD_LIMIT + 5 }, (_, n) =>
				villagerView(n, { state: 'working' })
			)
		},
		START
	);
	expect(world.crowds.get('house-00000')).toBe(CROWD_LIMIT + 5);
	expect([...world.actors.values()].filter((actor) => !actor.hidden).length).toBeLessThan(20);
});

test('a thousand villagers are moved on in a few milliseconds a frame', () => {
	const world = createWorld(snapshotOf(40, 1_000), START);
	pass(world, 5_000);
	const begun = performance.now();
	for (let i = 0; i < 100; i++) step(world, still, 16);
	expect((performance.now() - begun) / 100).toBeLessThan(20);
});

test('a removed house sends its people to the square', () => {
	const world = createWorld(
		{ ...snapshotOf(1, 0), villagers: [villagerView(0, { state: 'working' })] },
		START
	);
	step(world, { ...still, changes: [{ type: 'house_removed', id: 'house-00000' }] }, 16);
	expect(world.layout.houses.size).toBe(0);
	const { look } = world.actors.get('villager-00000')!;
	expect(Math.hypot(look.x, look.y)).toBeLessThan(20);
});

test('a reset to the same snapshot keeps the map and everyone on it', () => {
	const snapshot = snapshotOf(5, 20);
	const world = createWorld(snapshot, START);
	step(world, still, 5_000);
	const { revision } = world;
	const before = looks(world);
	step(world, { ...still, changes: [{ type: 'reset', snapshot }] }, 0);
	expect(world.revision).toBe(revision);
	expect(looks(world)).toEqual(before);
});

test('a house that only lights up does not rebuild the map', () => {
	const world = createWorld(snapshotOf(3, 3), START);
	const { layout } = world;
	step(world, { ...still, changes: [{ type: 'house', house: houseView(0, { lit: true }) }] }, 16);
	expect(world.layout).toBe(layout);
	expect(world.houses.get('house-00000')!.lit).toBe(true);
});

test('two hundred changes a second among five thousand villagers cost little of a frame', () => {
	const world = createWorld(snapshotOf(100, 5_000), START);
	step(world, still, 16);
	const states = ['working', 'running', 'reading', 'thinking'] as const;
	const begun = performance.now();
	for (let frame = 0; frame < 60; frame++) {
		const changes: VillageChange[] = [0, 1, 2].map((k) => ({
			type: 'villager',
			villager: villagerView(frame * 3 + k, {
				houseId: world.actors.get(`villager-${String(frame * 3 + k).padStart(5, '0')}`)!.view
					.houseId,
				state: states[(frame + k) % 4]!,
				sinceMs: world.nowMs
			})
		}));
		step(world, { ...still, changes }, 16);
	}
	expect((performance.now() - begun) / 60).toBeLessThan(60);
});

test('one whose work is done walks to the square instead of jumping there', () => {
	const world = createWorld(
		{ ...snapshotOf(1, 0), villagers: [villagerView(0, { state: 'working' })] },
		START
	);
	step(world, still, 1_000);
	const before = { ...world.actors.get('villager-00000')!.look };
	const villager = villagerView(0, { state: 'idle', sinceMs: START + 1_000 });
	step(world, { ...still, changes: [{ type: 'villager', villager }] }, 16);
	const after = world.actors.get('villager-00000')!.look;
	expect(after.walking).toBe(true);
	expect(Math.hypot(after.x - before.x, after.y - before.y)).toBeLessThan(0.5);
});

test('ways of two thousand who stroll are found over many frames, and then all are where the time puts them', () => {
	const crowd = () => {
		const snapshot = snapshotOf(4, 2_000);
		for (const villager of snapshot.villagers) villager.state = 'idle';
		return snapshot;
	};
	const early = createWorld(crowd(), START);
	pass(early, 10_000);
	const late = createWorld(crowd(), START + 10_000);
	for (const world of [early, late]) for (let i = 0; i < 250; i++) step(world, still, 16);
	const places = (world: World) => [...world.actors.values()].map(({ look }) => [look.x, look.y]);
	expect(places(late)).toEqual(places(early));
});

test('those who wait at a house stand in one row, the longest at the door, and nobody else moves for it', () => {
	const world = createWorld(snapshotOf(1, 0), START);
	const house = world.layout.houses.get('house-00000')!;
	const put = (n: number, state: 'working' | 'waiting', sinceMs: number): VillageChange => ({
		type: 'villager',
		villager: villagerView(n, { state, sinceMs })
	});
	step(world, { ...still, changes: [0, 1, 2, 3, 4].map((n) => put(n, 'working', START)) }, 50);
	pass(world, 10_000);
	const before = [3, 4].map((n) => world.actors.get(villagerView(n).id)!.look);
	const changes = [put(2, 'waiting', START + 1), put(0, 'waiting', START + 2)];
	step(world, { ...still, changes }, 50);
	pass(world, 15_000);
	const at = (n: number) => world.actors.get(villagerView(n).id)!.look;
	expect([at(2).x, at(2).y]).toEqual([house.queue[0]!.x, house.queue[0]!.y]);
	expect([at(0).x, at(0).y]).toEqual([house.queue[1]!.x, house.queue[1]!.y]);
	expect(house.queue.every((spot) => spot.y === house.queue[0]!.y)).toBe(true);
	expect([3, 4].map((n) => [at(n).x, at(n).y])).toEqual(before.map(({ x, y }) => [x, y]));
});
