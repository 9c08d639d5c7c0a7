// Where villagers stand: at work and in line before a house, and in the square, never where something hides them.
import { type Point, hashPlace } from '#domain/village.ts';
import { GRASS, type Grid, indexAt } from './grid.ts';
import { HOUSE_TILES, type Layout, SQUARE_PROPS, type Spot } from './layout.ts';
import { findPath } from './paths.ts';

const seat = (x: number, y: number): Spot => ({ x, y, facing: 'down', seat: true });
const SEATS: readonly Spot[] = [
	seat(-4.7, 1.62),
	seat(-3.7, 1.62),
	seat(4.7, 1.62),
	seat(5.7, 1.62),
	seat(-3.9, 4.92),
	seat(-2.9, 4.92),
	seat(3.9, 4.92),
	seat(4.9, 4.92)
];

const STANDING: readonly Spot[] = [
	{ x: -1.4, y: 2.5, facing: 'right' },
	{ x: 2.5, y: 2.6, facing: 'left' },
	{ x: 0.6, y: 3.7, facing: 'up' },
	{ x: -5.2, y: -0.3, facing: 'up' },
	{ x: -3.6, y: -0.3, facing: 'up' },
	{ x: 4.5, y: -0.5, facing: 'up' },
	{ x: 0.5, y: -0.6, facing: 'down' },
	{ x: -1.6, y: 0.5, facing: 'right' },
	{ x: -0.2, y: 0.6, facing: 'left' },
	{ x: 1.6, y: 4.6, facing: 'down' },
	{ x: 2.5, y: 0.4, facing: 'down' },
	{ x: 6.4, y: -0.3, facing: 'left' }
];

/** Places before a door in tiles, nearest first, in staggered rows so that names and bubbles keep apart. */
const WORKPLACES: readonly (readonly [number, number])[] = [
	[-1.4, 2.5],
	[1.4, 2.5],
	[-3.7, 2.5],
	[3.7, 2.5],
	[0, 4],
	[-2.5, 4],
	[2.5, 4],
	[-4.9, 4],
	[4.9, 4],
	[-1.3, 5.5],
	[1.3, 5.5],
	[-3.7, 5.5],
	[3.7, 5.5]
];
/** The row of those who wait: nothing stands between them and the house, so their signs are seen. */
const QUEUE: readonly (readonly [number, number])[] = [
	[0, 0.95],
	[2.5, 0.95],
	[-2.5, 0.95],
	[5, 0.95],
	[-5, 0.95]
];
/** Spots of neighbours keep this far apart in tiles, or names and tools would lie over each other. */
const APART = { x: 1.7, y: 1.1 };

/** Tiles from a door to where its villagers work. */
const LONGEST_WAY = 14;
/** At most what a step costs, so that a spot that cannot be reached is not looked for in the whole map. */
const DEAREST_STEP = 2.2;

const isApart = (spots: readonly Spot[], at: Point): boolean =>
	!spots.some((spot) => Math.abs(spot.x - at.x) < APART.x && Math.abs(spot.y - at.y) < APART.y);

/** Chooses where villagers work and wait at each house and where they rest, from tiles that can be reached. */
export function settle(layout: Layout): void {
	const { grid } = layout;
	const free = (x: number, y: number) => {
		const index = indexAt(grid, Math.floor(x), Math.floor(y));
		return index >= 0 && grid.blocked[index] === 0;
	};
	const taken: Spot[] = [];
	// Behind the next house its roof and its name would cover who stands there.
	const roofed = (spot: Point, own: string) => {
		for (const { id, x, y, size } of layout.houses.values()) {
			const { width, depth } = HOUSE_TILES[size];
			if (id === own || Math.abs(spot.x - x) > width / 2 + 0.6) continue;
			if (spot.y < y && spot.y > y - depth - 2.8) return true;
		}
		for (const { x, y } of layout.workshops.values())
			if (Math.abs(spot.x - x) < 3.6 && spot.y < y && spot.y > y - 6) return true;
		return false;
	};
	for (const house of layout.houses.values()) {
		const choose = (offsets: readonly (readonly [number, number])[]) => {
			const spots: Spot[] = [];
			for (const [dx, dy] of offsets) {
				const spot: Spot = {
					x: house.door.x + 0.5 + dx,
					y: house.y + dy,
					facing: dx < 0 ? 'right' : dx > 0 ? 'left' : 'down'
				};
				if (!free(spot.x, spot.y) || isBehind(spot.x, spot.y) || roofed(spot, house.id)) continue;
				if (!isApart(taken, spot)) continue;
				const way = findPath(grid, house.door, spot, { most: LONGEST_WAY * DEAREST_STEP });
				if (!way || way.length > LONGEST_WAY) continue;
				for (const tile of way) layout.lanes.add(indexAt(grid, tile.x, tile.y));
				spots.push(spot);
			}
			taken.push(...spots);
			return spots;
		};
		house.queue = choose(QUEUE);
		house.spots = choose(WORKPLACES);
		// A house walled in by others: its people crowd on the doorstep.
		const doorstep: Spot = { x: house.door.x + 0.5, y: house.door.y + 0.6, facing: 'down' };
		for (const spots of [house.queue, house.spots]) if (spots.length === 0) spots.push(doorstep);
	}
	layout.leisure.push(...SEATS, ...STANDING);
	const walkable = paved(grid);
	for (let y = -3; y <= 5; y++)
		for (let x = -7; x <= 7; x++)
			if (
				walkable.has(indexAt(grid, x, y)) &&
				hashPlace(x, y, layout.seed + 4) < 0.6 &&
				!isBehind(x + 0.5, y + 0.6) &&
				isApart(layout.leisure, { x: x + 0.5, y: y + 0.6 })
			)
				layout.leisure.push({
					x: x + 0.5,
					y: y + 0.6,
					facing: hashPlace(x, y, 5) < 0.6 ? 'down' : 'right'
				});
	for (let y = 6; y <= 15; y += 3)
		layout.leisure.push({ x: (y % 2) * 2 - 0.4, y: y + 0.5, facing: 'down' });
}

/** How far up the bell tower covers what stands behind it, in tiles. */
const TOWER_HEIGHT = 5;

/** Whether someone there would be hidden by a thing in the square. */
const isBehind = (x: number, y: number): boolean =>
	SQUARE_PROPS.some(
		(prop) =>
			!prop.lies &&
			Math.abs(x - prop.x) < 1.6 &&
			y < prop.y &&
			y > prop.y - (prop.frame === 'tower' ? TOWER_HEIGHT : 2.2)
	);

/** Tiles of the square and its paths that can be reached from the road without stepping on grass. */
function paved(grid: Grid): Set<number> {
	const start = indexAt(grid, 0, 5);
	const seen = new Set([start]);
	for (const here of seen)
		for (const step of [-1, 1, -grid.width, grid.width]) {
			const next = here + step;
			if (grid.ground[next] !== GRASS && grid.blocked[next] === 0) seen.add(next);
		}
	return seen;
}
