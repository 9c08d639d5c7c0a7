// Ways over long distances: every tile knows its next one towards the square, so that a walk through half of the village
// is two climbs and two short searches instead of a flood over the whole map.
import type { Point } from '#domain/village.ts';
import { type Grid, indexAt } from './grid.ts';
import { findPath, walkingCost } from './paths.ts';

/** For each tile the index of the next one towards the square; −1 in the square itself, −2 where no way leads there. */
export type Roads = Int32Array;

const ROOT = -1;
const UNREACHED = -2;
/** Costs are counted in steps of this size, so that a ring of buckets does for a queue. */
const GRAIN = 25;
const RING = 64;
/** Tiles within which a search is cheap, and better than two climbs that meet. */
const NEAR = 12;

/** The cheapest way from every tile to `square`. */
export function createRoads(grid: Grid, square: Point): Roads {
	const size = grid.width * grid.height;
	const next = new Int32Array(size).fill(UNREACHED);
	const root = indexAt(grid, square.x, square.y);
	if (root < 0) return next;
	const price = walkingCost(grid);
	const spent = new Int32Array(size).fill(0x7fff_ffff);
	const done = new Uint8Array(size);
	// No step costs more than the ring is long: a bucket is empty before it is used again.
	const buckets: number[][] = Array.from({ length: RING }, () => []);
	let waiting = 1;
	next[root] = ROOT;
	spent[root] = 0;
	buckets[0]!.push(root);
	for (let cost = 0; waiting > 0; cost++) {
		const bucket = buckets[cost % RING]!;
		for (let here = bucket.pop(); here !== undefined; here = bucket.pop()) {
			waiting--;
			if (done[here]) continue;
			done[here] = 1;
			const x = here % grid.width;
			for (let k = 0; k < 4; k++) {
				if ((k === 0 && x === 0) || (k === 1 && x === grid.width - 1)) continue;
				const there = here + (k === 0 ? -1 : k === 1 ? 1 : k === 2 ? -grid.width : grid.width);
				if (there < 0 || there >= size || done[there]) continue;
				const step = price(there);
				if (step === Infinity) continue;
				const total = cost + Math.round(step * GRAIN);
				if (total >= spent[there]!) continue;
				spent[there] = total;
				next[there] = here;
				buckets[total % RING]!.push(there);
				waiting++;
			}
		}
	}
	return next;
}

/**
 * A way from one tile to another, both included, over free tiles; null when there is none. Short ones are the cheapest,
 * long ones nearly. The first tile may be blocked (someone stands in a doorway), the last may not.
 */
export function findRoute(grid: Grid, roads: Roads, from: Point, to: Point): Point[] | null {
	const a = { x: Math.floor(from.x), y: Math.floor(from.y) };
	const b = { x: Math.floor(to.x), y: Math.floor(to.y) };
	if (distance(a, b) <= 2 * NEAR) return findPath(grid, a, b);
	const way = meet(grid, roads, indexAt(grid, a.x, a.y), indexAt(grid, b.x, b.y));
	if (!way) return findPath(grid, a, b);
	// Both ends are searched for anew: nobody walks to the middle of the square only to turn back.
	const leave = way.findLastIndex((tile) => distance(tile, a) <= NEAR);
	const enter = Math.max(
		leave,
		way.findIndex((tile) => distance(tile, b) <= NEAR)
	);
	const first = findPath(grid, a, way[leave]!) ?? way.slice(0, leave + 1);
	const last = findPath(grid, way[enter]!, b) ?? way.slice(enter);
	return [...first, ...way.slice(leave + 1, enter), ...(enter === leave ? last.slice(1) : last)];
}

const distance = (a: Point, b: Point): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);

/** Up from both tiles to where their ways meet; null where one of them leads nowhere. */
function meet(grid: Grid, roads: Roads, from: number, to: number): Point[] | null {
	if (from < 0 || to < 0 || roads[from] === UNREACHED || roads[to] === UNREACHED) return null;
	const climb = (start: number) => {
		const tiles: number[] = [];
		for (let here = start; here >= 0; here = roads[here]!) tiles.push(here);
		return tiles;
	};
	const up = climb(from);
	const down = climb(to);
	// Both end in the square: what they share at the end is walked by neither.
	let i = up.length - 1;
	let j = down.length - 1;
	while (i > 0 && j > 0 && up[i - 1] === down[j - 1]) {
		i--;
		j--;
	}
	const tiles = [...up.slice(0, i + 1), ...down.slice(0, j).reverse()];
	return tiles.map((index) => ({
		x: (index % grid.width) + grid.x,
		y: Math.floor(index / grid.width) + grid.y
	}));
}
