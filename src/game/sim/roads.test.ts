import { expect, test } from 'vitest';
import { hashPlace } from '#domain/village.ts';
import { createGrid, isFree } from './grid.ts';
import { createLayout } from './layout.ts';
import { findPath, walkingCost } from './paths.ts';
import { indexAt } from './grid.ts';
import { createRoads, findRoute } from './roads.ts';
import { snapshotOf } from './village-fixtures.ts';

/** A field of 80×60 tiles with scattered walls, the same for the same seed. */
function field(seed: number) {
	const grid = createGrid(-40, -30, 80, 60);
	for (let y = -30; y < 30; y++)
		for (let x = -40; x < 40; x++)
			if (hashPlace(x, y, seed) < 0.32) grid.blocked[indexAt(grid, x, y)] = 1;
	grid.blocked[indexAt(grid, 0, 1)] = 0;
	return grid;
}
const tileOf = (seed: number, n: number) => ({
	x: Math.floor(hashPlace(n, 1, seed) * 80) - 40,
	y: Math.floor(hashPlace(n, 2, seed) * 60) - 30
});

test('a route exists exactly where a search finds a way, and goes step by step over free tiles', () => {
	for (let seed = 1; seed <= 6; seed++) {
		const grid = field(seed);
		const roads = createRoads(grid, { x: 0, y: 1 });
		for (let n = 0; n < 60; n++) {
			const [from, to] = [tileOf(seed, 2 * n), tileOf(seed, 2 * n + 1)];
			const route = findRoute(grid, roads, from, to);
			expect(route === null).toBe(findPath(grid, from, to) === null);
			if (!route) continue;
			expect(route[0]).toEqual(from);
			expect(route.at(-1)).toEqual(to);
			for (const [i, tile] of route.entries()) {
				if (i === 0) continue;
				expect(isFree(grid, tile.x, tile.y)).toBe(true);
				const last = route[i - 1]!;
				expect(Math.abs(tile.x - last.x) + Math.abs(tile.y - last.y)).toBe(1);
			}
		}
	}
});

test('between houses and the square a route costs at most a third more than the cheapest way', () => {
	const { seed, houses } = snapshotOf(30, 0);
	const { grid, houses: places, leisure } = createLayout(seed, houses, []);
	const roads = createRoads(grid, { x: 0, y: 1 });
	const price = walkingCost(grid);
	const costOf = (tiles: readonly { x: number; y: number }[]) =>
		tiles.slice(1).reduce((sum, tile) => sum + price(indexAt(grid, tile.x, tile.y)), 0);
	[...places.values()].forEach((house, i) => {
		const seat = leisure[i % leisure.length]!;
		for (const [from, to] of [
			[house.door, seat],
			[seat, house.door]
		] as const) {
			const best = findPath(grid, from, to);
			const route = findRoute(grid, roads, from, to);
			if (!best) expect(route).toBeNull();
			else expect(costOf(route!)).toBeLessThanOrEqual(costOf(best) * 1.34 + 0.01);
		}
	});
});

test('the road tree leads every tile that can reach the square down to it', () => {
	const grid = field(3);
	const roads = createRoads(grid, { x: 0, y: 1 });
	for (let index = 0; index < roads.length; index++) {
		if (roads[index]! < 0) continue;
		let steps = 0;
		for (let here = index; here >= 0 && steps <= roads.length; here = roads[here]!) steps++;
		expect(steps).toBeLessThan(roads.length);
	}
});
