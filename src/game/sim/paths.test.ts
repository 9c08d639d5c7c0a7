import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PATH, createGrid, indexAt, isFree } from './grid.ts';
import { createWay, findPath, placeOn } from './paths.ts';

/** A grid of 14×11 tiles with walls where the bits say so. */
function walled(bits: readonly boolean[]) {
	const grid = createGrid(-4, -3, 14, 11);
	bits.forEach((wall, i) => (grid.blocked[i] = wall ? 1 : 0));
	return grid;
}
const wallsArb = fc.array(
	fc.nat({ max: 9 }).map((n) => n < 3),
	{ minLength: 154, maxLength: 154 }
);
const tileArb = fc.record({
	x: fc.integer({ min: -4, max: 9 }),
	y: fc.integer({ min: -3, max: 7 })
});

test('a way goes step by step over free tiles only', () => {
	fc.assert(
		fc.property(wallsArb, tileArb, tileArb, (walls, from, to) => {
			const grid = walled(walls);
			const way = findPath(grid, from, to);
			if (!way) return;
			expect(way[0]).toEqual(from);
			expect(way.at(-1)).toEqual(to);
			for (const [i, tile] of way.entries()) {
				if (i === 0) continue;
				expect(isFree(grid, tile.x, tile.y)).toBe(true);
				const last = way[i - 1]!;
				expect(Math.abs(tile.x - last.x) + Math.abs(tile.y - last.y)).toBe(1);
			}
		})
	);
});

test('a way is found exactly when a flood from the start reaches the goal', () => {
	fc.assert(
		fc.property(wallsArb, tileArb, tileArb, (walls, from, to) => {
			const grid = walled(walls);
			const seen = new Set([indexAt(grid, from.x, from.y)]);
			const queue = [from];
			for (const { x, y } of queue)
				for (const [dx, dy] of [
					[1, 0],
					[-1, 0],
					[0, 1],
					[0, -1]
				] as const) {
					const index = indexAt(grid, x + dx, y + dy);
					if (index < 0 || grid.blocked[index] || seen.has(index)) continue;
					seen.add(index);
					queue.push({ x: x + dx, y: y + dy });
				}
			expect(findPath(grid, from, to) !== null).toBe(seen.has(indexAt(grid, to.x, to.y)));
		})
	);
});

test('a path is preferred to a shorter way over grass', () => {
	const grid = createGrid(0, 0, 9, 5);
	for (let x = 0; x < 9; x++) grid.ground[indexAt(grid, x, 3)] = PATH;
	const way = findPath(grid, { x: 0, y: 2 }, { x: 8, y: 2 })!;
	expect(way.some((tile) => tile.y === 3)).toBe(true);
});

test('a place on a way moves with the distance and stops at its end', () => {
	const way = createWay(
		{ x: 0.5, y: 0.5 },
		[
			{ x: 0, y: 0 },
			{ x: 1, y: 0 },
			{ x: 2, y: 0 }
		],
		{ x: 2.5, y: 0.5 }
	);
	expect(way.length).toBe(2);
	expect(placeOn(way, 1)).toMatchObject({ x: 1.5, y: 0.5 });
	expect(placeOn(way, 99)).toMatchObject({ x: 2.5, y: 0.5 });
});
