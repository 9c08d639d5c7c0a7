import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WATER, indexAt, isFree } from './grid.ts';
import { createLayout } from './layout.ts';
import { findPath } from './paths.ts';
import { houseView, snapshotOf, workshopView } from './village-fixtures.ts';

const seeds = fc.string({ minLength: 1, maxLength: 12 });

test('every door, every workplace, every workshop and every place in the square can be reached from the gate', () => {
	fc.assert(
		fc.property(
			seeds,
			fc.integer({ min: 0, max: 24 }),
			fc.integer({ min: 0, max: 5 }),
			(seed, houses, shops) => {
				const { workshops, ...village } = snapshotOf(houses, 0, seed, shops);
				const layout = createLayout(seed, village.houses, workshops);
				const reach = (x: number, y: number) =>
					expect(findPath(layout.grid, layout.gate, { x, y }), `${seed}: ${x},${y}`).not.toBeNull();
				for (const house of layout.houses.values()) {
					reach(house.door.x, house.door.y);
					for (const spot of house.spots) reach(spot.x, spot.y);
				}
				for (const shop of layout.workshops.values()) reach(shop.x, shop.y + 1);
				for (const spot of layout.leisure) reach(spot.x, spot.y);
			}
		),
		{ numRuns: 25 }
	);
});

test('the same seed and houses give the same map, in whatever order they come', () => {
	fc.assert(
		fc.property(seeds, fc.integer({ min: 0, max: 14 }), (seed, houses) => {
			const village = snapshotOf(houses, 0, seed, 2);
			const one = createLayout(seed, village.houses, village.workshops);
			const two = createLayout(
				seed,
				[...village.houses].reverse(),
				[...village.workshops].reverse()
			);
			expect(two.grid).toEqual(one.grid);
			expect(two.props).toEqual(one.props);
			expect([...two.houses.values()]).toEqual([...one.houses.values()]);
		}),
		{ numRuns: 15 }
	);
});

test('building one more house leaves houses, doors, workshops, river and square where they were', () => {
	fc.assert(
		fc.property(seeds, fc.integer({ min: 1, max: 40 }), (seed, count) => {
			const village = snapshotOf(count, 0, seed, 3);
			const before = createLayout(seed, village.houses, village.workshops);
			const after = createLayout(seed, [...village.houses, houseView(count)], village.workshops);
			for (const [id, house] of before.houses) {
				expect(after.houses.get(id)?.door).toEqual(house.door);
				expect(after.houses.get(id)?.mailbox).toEqual(house.mailbox);
			}
			expect(after.workshops).toEqual(before.workshops);
			expect(after.gate).toEqual(before.gate);
			const { grid } = before;
			for (let i = 0; i < grid.ground.length; i++) {
				const x = grid.x + (i % grid.width);
				const y = grid.y + Math.floor(i / grid.width);
				const then = grid.ground[i] === WATER;
				expect(after.grid.ground[indexAt(after.grid, x, y)] === WATER).toBe(then);
			}
		}),
		{ numRuns: 12 }
	);
});

test('a house that grows stays where it is', () => {
	const small = createLayout('seed', [houseView(0, { size: 'tiny' }), houseView(1)], []);
	const grown = createLayout('seed', [houseView(0, { size: 'huge' }), houseView(1)], []);
	const at = (layout: typeof small) =>
		[...layout.houses.values()].map((house) => [house.x, house.y]);
	expect(at(grown)).toEqual(at(small));
});

test('nobody can walk through a house, a workshop or the river', () => {
	const layout = createLayout('seed', [houseView(0)], [workshopView(0)]);
	const [house] = layout.houses.values();
	const [shop] = layout.workshops.values();
	expect(isFree(layout.grid, house!.x, house!.y - 1)).toBe(false);
	expect(isFree(layout.grid, shop!.x, shop!.y - 1)).toBe(false);
	for (let i = 0; i < layout.grid.ground.length; i++)
		if (layout.grid.ground[i] === WATER) expect(layout.grid.blocked[i]).toBe(1);
});

test('a house dragged to a place saved for all stands exactly there', () => {
	const layout = createLayout('seed', [houseView(0, { x: -33, y: -21 }), houseView(1)], []);
	expect(layout.houses.get('house-00000')).toMatchObject({ x: -33, y: -21 });
});
