// Where things stand in a village: measures every side agrees on, and the plots of its houses. Pure; the seed decides.
// Tiles are counted from the well in the square: (0, 0), x to the east, y to the south. Negative is usual.

/** Pixels of art per tile. */
export const TILE = 16;
/** No saved position, avatar or pointer lies further than this many tiles from the square, in x or y. */
export const MAP_LIMIT = 512;
/** Where a person who has just come stands, in tiles. */
export const ARRIVAL = { x: 0.5, y: 6.5 };

/** Whether a runner has looked at a house: nobody yet, one is about it, it can be worked in, it cannot. */
export type HouseReadiness = 'unknown' | 'checking' | 'ready' | 'failed';

export interface Point {
	x: number;
	y: number;
}

/** A number 0..2³²−1 for a text (FNV-1a): the same on every machine. */
export function hashText(text: string): number {
	let h = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
	h ^= h >>> 15;
	h = Math.imul(h, 0x2c1b3c6d);
	return (h ^ (h >>> 13)) >>> 0;
}

/** A number 0 ≤ n < 1 for a place and a seed. */
export function hashPlace(x: number, y: number, seed: number): number {
	let h = (Math.imul(x, 374761393) + Math.imul(y, 668265263) + Math.imul(seed, 2246822519)) >>> 0;
	h = Math.imul(h ^ (h >>> 13), 1274126177) >>> 0;
	return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

const REACH = 40;
/** Two houses never stand closer than this, in tiles. */
const APART = { x: 8, y: 7 };

/** Plots around the square, nearest first: rows to the north and west, one row south, none where the workshops are. */
function plots(seed: number): Point[] {
	const found: (Point & { order: number })[] = [];
	for (let row = -REACH; row <= 1; row++)
		for (let column = -REACH; column <= 1; column++) {
			if (row >= 0 && column === 0) continue;
			const base =
				row === 0
					? { x: column * 10 - (column < 0 ? 2 : -1), y: 2 }
					: row === 1
						? { x: column < 0 ? column * 10 + 1 : 9, y: 11 }
						: { x: column * 10 + (row % 2 === 0 && column < 1 ? -4 : 0), y: -8 + (row + 1) * 9 };
			const wobble = (n: number) => hashPlace(column, row, seed + n);
			const x = base.x + (row === 0 || column === 1 ? 0 : Math.round(wobble(1) * 2 - 1));
			const y = base.y + (row === 1 || row === -1 ? 0 : Math.round(wobble(2) * 2 - 1));
			found.push({ x, y, order: x * x + 2.2 * (y + 1) * (y + 1) + wobble(3) * 40 });
		}
	return found.sort((a, b) => a.order - b.order);
}

/**
 * Where each house stands: the tile below the middle of its front. Saved positions hold; the others take the
 * nearest free plot in the order of their ids (UUIDv7: the order of their making), so a later house never moves
 * an earlier one. To keep a house in its place when another one is removed, save what this returns.
 */
export function placeHouses(
	seed: string,
	houses: readonly { id: string; x: number | null; y: number | null }[]
): Map<string, Point> {
	const placed = new Map<string, Point>();
	const taken: Point[] = [];
	const rest: string[] = [];
	const clamp = (n: number) => Math.max(-MAP_LIMIT, Math.min(MAP_LIMIT, Math.round(n)));
	for (const house of houses) {
		if (house.x === null || house.y === null) rest.push(house.id);
		else {
			const at = { x: clamp(house.x), y: clamp(house.y) };
			placed.set(house.id, at);
			taken.push(at);
		}
	}
	rest.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
	const free = plots(hashText(seed));
	let next = 0;
	let overflow = 0;
	for (const id of rest) {
		let at: Point | undefined;
		while (!at && next < free.length) {
			const plot = free[next++]!;
			const near = (t: Point) =>
				Math.abs(t.x - plot.x) < APART.x && Math.abs(t.y - plot.y) < APART.y;
			if (!taken.some(near)) at = { x: plot.x, y: plot.y };
		}
		at ??= { x: -REACH * 10 - 20, y: 2 - 9 * overflow++ };
		placed.set(id, at);
		taken.push(at);
	}
	return placed;
}
