// Turns a village into a map: ground, buildings, paths, water, trees, and the spots where villagers stand. Deterministic;
// what already stands keeps its place when a house is added.
import { type Point, hashPlace, hashText, placeHouses } from '#domain/village.ts';
import type { HouseView, WorkshopView } from '../port.ts';
import {
	BRIDGE,
	GRASS,
	PATH,
	PLAZA,
	WATER,
	type Grid,
	block,
	createGrid,
	indexAt
} from './grid.ts';
import { findPath } from './paths.ts';
import { plant } from './greenery.ts';
import { settle } from './spots.ts';

export type Facing = 'down' | 'up' | 'left' | 'right';

/** A place to stand, in tiles (fractions allowed), and where one looks there. */
export interface Spot extends Point {
	facing: Facing;
	/** Whether there is something to sit on. */
	seat?: boolean;
}

/** A thing that does not move: an atlas frame with its foot in tiles. */
export interface Prop extends Point {
	frame: string;
	/** Lies on the ground or floats: drawn below whoever walks there. */
	lies?: boolean;
	/** Far from where anybody walks: painted with the ground. */
	flat?: boolean;
}

export interface HousePlace {
	id: string;
	/** Tile below the middle of the front: the saved position. */
	x: number;
	y: number;
	/** The doorstep. */
	door: Point;
	size: HouseView['size'];
	/** Where its villagers work, nearest to the door first. */
	spots: Spot[];
	/** One row along the front for those who wait for an answer, from the door outward; may be empty. */
	queue: Spot[];
	mailbox: Point;
}

export interface WorkshopPlace {
	id: string;
	x: number;
	y: number;
	door: Point;
}

export interface Layout {
	seed: number;
	grid: Grid;
	houses: Map<string, HousePlace>;
	workshops: Map<string, WorkshopPlace>;
	props: Prop[];
	/** Middle of the arch through which new villagers come. */
	gate: Point;
	bell: Point;
	bridge: { x: number; y: number; height: number };
	/** Indexes of the tiles between a door and its spots: nothing grows there. */
	lanes: Set<number>;
	/** Where those without work stand, sit and stroll. */
	leisure: Spot[];
}

/** How wide a house of a size is, in tiles, and how far its door lies from the middle. The art is drawn to these. */
export const HOUSE_TILES: Record<
	HouseView['size'],
	{ width: number; depth: number; door: number }
> = {
	tiny: { width: 3, depth: 2, door: 0 },
	small: { width: 4, depth: 3, door: 0 },
	medium: { width: 5, depth: 3, door: 1 },
	large: { width: 6, depth: 4, door: -1 },
	huge: { width: 6, depth: 4, door: 0 }
};

/** The tile all lanes lead to. */
export const SQUARE: Point = { x: 0, y: 1 };

const WORKSHOP_COLUMNS = 10;
/** Workshops keep to the east of the square: the first nearest, then alternating south and north, then further out. */
function workshopSlot(index: number): Point {
	const rows = [3, -7, 12, -16];
	return {
		x: 20 + Math.floor(index / rows.length) * WORKSHOP_COLUMNS,
		y: rows[index % rows.length]!
	};
}

/** Middle row of the river at a column; the same for every size of the map. */
function riverAt(x: number, seed: number): number {
	const wave = (period: number, phase: number) => Math.sin((x / period + phase) * Math.PI * 2);
	const phase = hashPlace(1, 1, seed);
	return (
		19.5 +
		wave(46, phase) * 1.2 * Math.min(1, Math.abs(x) / 10) +
		wave(19, phase * 3) * 0.6 * Math.min(1, Math.abs(x) / 8)
	);
}

function dig(grid: Grid, seed: number): void {
	const pond = { x: -15 - Math.round(hashPlace(2, 2, seed) * 4), y: 18.5 };
	for (let j = 0; j < grid.height; j++)
		for (let i = 0; i < grid.width; i++) {
			const x = grid.x + i;
			const y = grid.y + j;
			const river = Math.abs(y + 0.5 - riverAt(x, seed)) < 1.7;
			const inPond = ((x - pond.x) / 6) ** 2 + ((y - pond.y) / 3.6) ** 2 < 1;
			if (!river && !inPond) continue;
			const index = j * grid.width + i;
			grid.ground[index] = WATER;
			grid.blocked[index] = 1;
		}
}

/** What stands in the square; `w` tiles from the middle are blocked (0: one can sit or step on it). */
export const SQUARE_PROPS: readonly (Prop & { w: number })[] = [
	{ frame: 'mosaic', x: 0.5, y: 1.8, w: 0, lies: true },
	{ frame: 'tower', x: 0.5, y: -2.2, w: 2 },
	{ frame: 'well', x: 0.5, y: 2.5, w: 2 },
	{ frame: 'stall', x: -4.4, y: -1.3, w: 3 },
	{ frame: 'barrel', x: -6.4, y: -1.2, w: 1 },
	{ frame: 'crate', x: -2.4, y: -1.3, w: 1 },
	{ frame: 'board', x: 4.6, y: -1.6, w: 2 },
	{ frame: 'bench', x: -4.2, y: 1.5, w: 0 },
	{ frame: 'bench', x: 5.2, y: 1.5, w: 0 },
	{ frame: 'bench', x: -3.4, y: 4.8, w: 0 },
	{ frame: 'bench', x: 4.4, y: 4.8, w: 0 },
	{ frame: 'planter', x: -6.1, y: 3.6, w: 2 },
	{ frame: 'planter', x: 7.1, y: 3.6, w: 2 },
	{ frame: 'lamp', x: -7.4, y: -0.4, w: 1 },
	{ frame: 'lamp', x: 8.4, y: -0.4, w: 1 },
	{ frame: 'lamp', x: -2.4, y: 5.7, w: 1 },
	{ frame: 'lamp', x: 3.4, y: 5.7, w: 1 },
	{ frame: 'lamp', x: -2.4, y: 13.4, w: 1 },
	{ frame: 'lamp', x: 3.4, y: 13.4, w: 1 }
];

/** Builds the map. The same seed, houses and workshops give the same map on every client. */
export function createLayout(
	seedText: string,
	houses: readonly HouseView[],
	workshops: readonly WorkshopView[]
): Layout {
	const seed = hashText(seedText);
	const places = placeHouses(seedText, houses);
	const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
	const slots = [...workshops].sort(byId).map((shop, i) => ({ id: shop.id, ...workshopSlot(i) }));
	const xs = [...places.values(), ...slots].map((p) => p.x);
	const ys = [...places.values(), ...slots].map((p) => p.y);
	const left = Math.min(-40, ...xs.map((x) => x - 18));
	const right = Math.max(44, ...xs.map((x) => x + 18));
	const top = Math.min(-34, ...ys.map((y) => y - 20));
	const bottom = Math.max(38, ...ys.map((y) => y + 14));
	const grid = createGrid(left, top, right - left, bottom - top);
	dig(grid, seed);

	const set = (x: number, y: number, ground: number) => {
		const index = indexAt(grid, x, y);
		if (index >= 0 && grid.ground[index] !== WATER && grid.ground[index] !== PLAZA)
			grid.ground[index] = ground;
	};
	for (let y = -4; y <= 5; y++)
		for (let x = -8; x <= 8; x++)
			if ((Math.abs(x) / 8.1) ** 2.6 + (Math.abs(y - 1.2) / 4.9) ** 2.6 < 1) set(x, y, PLAZA);
	// The road to the gate, three wide, over the bridge
	const bridge = { x: -1, y: 99, height: 0 };
	for (let y = 4; y <= bottom - 1; y++)
		for (let x = -1; x <= 1; x++) {
			const index = indexAt(grid, x, y);
			if (grid.ground[index] === WATER) {
				grid.ground[index] = BRIDGE;
				grid.blocked[index] = 0;
				bridge.y = Math.min(bridge.y, y);
				bridge.height = Math.max(bridge.height, y - bridge.y + 1);
			} else set(x, y, PATH);
		}
	const gate = { x: 0.5, y: 25.4 };
	const props: Prop[] = SQUARE_PROPS.map(({ w: _, ...prop }) => prop);
	for (const thing of SQUARE_PROPS)
		if (thing.w > 0)
			block(grid, Math.floor(thing.x - thing.w / 2 + 0.25), Math.floor(thing.y - 0.3), thing.w, 1);
	props.push({ frame: 'gate', x: gate.x, y: gate.y });
	block(grid, -2, 24, 1, 1);
	block(grid, 2, 24, 1, 1);

	const layout: Layout = {
		seed,
		grid,
		houses: new Map(),
		workshops: new Map(),
		props,
		gate: { x: gate.x, y: gate.y + 1.2 },
		bell: { x: 0.5, y: -2.2 },
		bridge,
		lanes: new Set(),
		leisure: []
	};
	const ordered = [...houses].sort(byId);
	for (const house of ordered) raise(layout, house, places.get(house.id)!);
	for (const slot of slots) {
		block(grid, slot.x - 3, slot.y - 4, 6, 4);
		block(grid, slot.x - 3, slot.y, 3, 1);
		layout.workshops.set(slot.id, { ...slot, door: { x: slot.x, y: slot.y } });
	}
	for (const house of layout.houses.values()) pave(layout, house.door, SQUARE, seed);
	for (const shop of layout.workshops.values())
		pave(layout, { x: shop.x, y: shop.y + 1 }, SQUARE, seed);
	settle(layout);
	plant(layout);
	return layout;
}

/** Puts a house and its yard on the grid. */
function raise(layout: Layout, house: HouseView, at: Point): void {
	const { grid } = layout;
	const { width, depth, door } = HOUSE_TILES[house.size];
	const left = at.x - Math.floor(width / 2);
	block(grid, left, at.y - depth, width, depth);
	const mailbox = { x: at.x + door - 1.1, y: at.y + 0.45 };
	layout.houses.set(house.id, {
		id: house.id,
		x: at.x,
		y: at.y,
		door: { x: at.x + door, y: at.y },
		size: house.size,
		spots: [],
		queue: [],
		mailbox
	});
}

/** A path over the cheapest ground to the nearest path that is there already: all of them lead to the square. */
function pave(layout: Layout, from: Point, to: Point, seed: number): void {
	const { grid } = layout;
	const cost = (index: number) => {
		if (grid.blocked[index]) return Infinity;
		if (grid.ground[index] !== GRASS) return 1;
		const x = index % grid.width;
		return (
			2.4 + hashPlace((x + grid.x) >> 1, (Math.floor(index / grid.width) + grid.y) >> 1, seed + 9)
		);
	};
	const ends = (index: number) => grid.ground[index] === PATH || grid.ground[index] === PLAZA;
	for (const tile of findPath(grid, from, to, { cost, ends }) ?? []) {
		const index = indexAt(grid, tile.x, tile.y);
		if (grid.ground[index] === GRASS) grid.ground[index] = PATH;
	}
}
