// Shortest ways over the tile grid (A*, four directions), never through what is blocked. Paths are preferred to grass.
import type { Point } from '#domain/village.ts';
import { GRASS, type Grid, indexAt } from './grid.ts';

/** What one step costs on a tile; Infinity where nobody can go. */
export type StepCost = (index: number) => number;

/** People and agents keep to the middle of the paths, but cut a corner over grass. */
export function walkingCost(grid: Grid): StepCost {
	const isGrass = (index: number) => grid.ground[index] === GRASS;
	return (index) => {
		if (grid.blocked[index]) return Infinity;
		if (isGrass(index)) return 2.2;
		return isGrass(index - 1) || isGrass(index + 1) ? 1.12 : 1;
	};
}

/** A binary heap of indexes by priority; grows to at most the number of tiles it has seen. */
class Frontier {
	#items: number[] = [];
	#keys: number[] = [];

	get size(): number {
		return this.#items.length;
	}

	push(item: number, key: number): void {
		let i = this.#items.length;
		this.#items.push(item);
		this.#keys.push(key);
		while (i > 0) {
			const up = (i - 1) >> 1;
			if (this.#keys[up]! <= key) break;
			this.#items[i] = this.#items[up]!;
			this.#keys[i] = this.#keys[up]!;
			i = up;
		}
		this.#items[i] = item;
		this.#keys[i] = key;
	}

	pop(): number {
		const first = this.#items[0]!;
		const item = this.#items.pop()!;
		const key = this.#keys.pop()!;
		const size = this.#items.length;
		let i = 0;
		while (size > 0) {
			let down = 2 * i + 1;
			if (down >= size) break;
			if (down + 1 < size && this.#keys[down + 1]! < this.#keys[down]!) down++;
			if (this.#keys[down]! >= key) break;
			this.#items[i] = this.#items[down]!;
			this.#keys[i] = this.#keys[down]!;
			i = down;
		}
		if (size > 0) {
			this.#items[i] = item;
			this.#keys[i] = key;
		}
		return first;
	}
}

interface Slate {
	came: Int32Array;
	spent: Float64Array;
	/** The search that last wrote here: what an earlier one left needs no wiping. */
	seen: Uint32Array;
	turn: number;
}
let kept: Slate | null = null;

/** Room to search in, kept for the next search on a map of the same size: a search is never interrupted by another. */
function slateOf(size: number): Slate {
	if (kept?.came.length !== size || kept.turn >= 0xffff_fffe)
		kept = {
			came: new Int32Array(size),
			spent: new Float64Array(size),
			seen: new Uint32Array(size),
			turn: 0
		};
	return kept;
}

export interface Search {
	/** What a step costs; that of walking where nothing is said. */
	cost?: StepCost;
	/** A way that costs more than this is not looked for. */
	most?: number;
	/** Ends the way at the first tile for which this holds, on the way to the goal. */
	ends?: (index: number) => boolean;
}

/**
 * The cheapest way from one tile to another, both included, or null when there is none.
 * The first tile may be blocked (someone stands in a doorway), the last may not.
 */
export function findPath(
	grid: Grid,
	from: Point,
	to: Point,
	{ cost, most = Infinity, ends }: Search = {}
): Point[] | null {
	const price = cost ?? walkingCost(grid);
	const start = indexAt(grid, Math.floor(from.x), Math.floor(from.y));
	const goal = indexAt(grid, Math.floor(to.x), Math.floor(to.y));
	if (start < 0 || goal < 0 || (start !== goal && price(goal) === Infinity)) return null;
	const { width } = grid;
	const size = width * grid.height;
	const slate = slateOf(size);
	const { came, spent, seen } = slate;
	const turn = ++slate.turn;
	const goalX = goal % width;
	const goalY = (goal - goalX) / width;
	const guess = (index: number) => {
		const x = index % width;
		return Math.abs(x - goalX) + Math.abs((index - x) / width - goalY);
	};
	const frontier = new Frontier();
	spent[start] = 0;
	came[start] = -1;
	seen[start] = turn;
	frontier.push(start, guess(start));
	let end = goal;
	while (frontier.size > 0) {
		const here = frontier.pop();
		if (here === goal) break;
		if (ends?.(here)) {
			end = here;
			break;
		}
		const x = here % width;
		for (let k = 0; k < 4; k++) {
			if ((k === 0 && x === 0) || (k === 1 && x === width - 1)) continue;
			const next = here + (k === 0 ? -1 : k === 1 ? 1 : k === 2 ? -width : width);
			if (next < 0 || next >= size) continue;
			const total = spent[here]! + price(next);
			if (total === Infinity || total > most) continue;
			if (seen[next] === turn && total >= spent[next]!) continue;
			seen[next] = turn;
			spent[next] = total;
			came[next] = here;
			frontier.push(next, total + guess(next));
		}
	}
	if (seen[end] !== turn) return null;
	const way: Point[] = [];
	for (let index = end; index !== -1; index = index === start ? -1 : came[index]!)
		way.push({ x: (index % width) + grid.x, y: Math.floor(index / width) + grid.y });
	return way.reverse();
}

/** A way with its running length, so that a place on it can be asked for by distance. */
export interface Way {
	points: Point[];
	/** Distance from the start at each point, in tiles. */
	reach: number[];
	length: number;
}

/** Joins the exact start and end to the middle of the tiles between them, dropping points on straight lines. */
export function createWay(from: Point, tiles: readonly Point[], to: Point): Way {
	const middle = tiles.slice(1, -1).map((tile) => ({ x: tile.x + 0.5, y: tile.y + 0.5 }));
	const all = [from, ...middle, to];
	const points = all.filter((point, i) => {
		const a = all[i - 1];
		const b = all[i + 1];
		if (!a || !b) return true;
		const turn = (point.x - a.x) * (b.y - point.y) - (point.y - a.y) * (b.x - point.x);
		return Math.abs(turn) > 1e-9;
	});
	const reach = [0];
	for (let i = 1; i < points.length; i++)
		reach.push(
			reach[i - 1]! + Math.hypot(points[i]!.x - points[i - 1]!.x, points[i]!.y - points[i - 1]!.y)
		);
	return { points, reach, length: reach[reach.length - 1]! };
}

/** The place after `distance` tiles on a way and the direction one looks there; clamped to its ends. */
export function placeOn(
	way: Way,
	distance: number
): { x: number; y: number; dx: number; dy: number } {
	const { points, reach } = way;
	if (points.length === 1) return { ...points[0]!, dx: 0, dy: 1 };
	const d = Math.max(0, Math.min(way.length, distance));
	let i = 1;
	while (i < points.length - 1 && reach[i]! < d) i++;
	const a = points[i - 1]!;
	const b = points[i]!;
	const span = reach[i]! - reach[i - 1]!;
	const t = span > 0 ? (d - reach[i - 1]!) / span : 1;
	return { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t, dx: b.x - a.x, dy: b.y - a.y };
}
