// Trees, bushes, flowers and yards: dense where nobody goes, sparse near the paths, none where somebody must pass.
import { hashPlace } from '#domain/village.ts';
import { GRASS, WATER, block, indexAt } from './grid.ts';
import { HOUSE_TILES, type Layout } from './layout.ts';

/** Steps from every tile to the nearest thing people made; capped at 12. */
function distances(layout: Layout): Uint8Array {
	const { grid } = layout;
	const far = new Uint8Array(grid.ground.length).fill(12);
	const queue: number[] = [];
	for (let i = 0; i < far.length; i++)
		if (
			(grid.ground[i] !== GRASS && grid.ground[i] !== WATER) ||
			(grid.blocked[i] && grid.ground[i] !== WATER)
		) {
			far[i] = 0;
			queue.push(i);
		}
	for (const i of layout.lanes)
		if (far[i] !== 0) {
			far[i] = 0;
			queue.push(i);
		}
	for (let head = 0; head < queue.length; head++) {
		const here = queue[head]!;
		const x = here % grid.width;
		const next = far[here]! + 1;
		if (next >= 12) continue;
		for (const step of [-1, 1, -grid.width, grid.width]) {
			const i = here + step;
			if (
				i < 0 ||
				i >= far.length ||
				(step === -1 && x === 0) ||
				(step === 1 && x === grid.width - 1)
			)
				continue;
			if (far[i]! <= next) continue;
			far[i] = next;
			queue.push(i);
		}
	}
	return far;
}

/** Broad patches, so that groves and clearings form instead of an even sprinkle. */
function patch(x: number, y: number, size: number, seed: number): number {
	const gx = Math.floor(x / size);
	const gy = Math.floor(y / size);
	const fx = x / size - gx;
	const fy = y / size - gy;
	const at = (i: number, j: number) => hashPlace(gx + i, gy + j, seed);
	const top = at(0, 0) * (1 - fx) + at(1, 0) * fx;
	const low = at(0, 1) * (1 - fx) + at(1, 1) * fx;
	return top * (1 - fy) + low * fy;
}

type Kinds = readonly (readonly [upTo: number, frame: string])[];
const NEAR: Kinds = [
	[0.3, 'tree.blossom'],
	[0.65, 'tree.birch'],
	[1, 'tree.oak']
];
const WOODS: Kinds = [
	[0.5, 'tree.oak'],
	[0.72, 'tree.dark'],
	[0.9, 'tree.birch'],
	[1, 'tree.pine']
];
const CONIFERS: Kinds = [
	[0.75, 'tree.pine'],
	[1, 'tree.dark']
];
const pick = (kinds: Kinds, roll: number) => kinds.find(([upTo]) => roll < upTo)![1];

/** How likely a tree grows, by steps from what people made: none at the door, a wood far out. */
function density(distance: number, grove: number): number {
	if (distance <= 1) return 0;
	if (distance <= 3) return grove > 0.55 ? 0.07 : 0.015;
	if (distance <= 6) return grove * 0.22;
	return 0.2 + grove * 0.55;
}

/** Fills the map with green and blocks what cannot be walked through, the deep woods as a whole. */
export function plant(layout: Layout): void {
	yards(layout);
	const { grid, seed, props } = layout;
	const far = distances(layout);
	const wet = (x: number, y: number) => {
		const i = indexAt(grid, x, y);
		return i >= 0 && grid.ground[i] === WATER;
	};
	for (let index = 0; index < grid.ground.length; index++) {
		const x = grid.x + (index % grid.width);
		const y = grid.y + Math.floor(index / grid.width);
		const roll = hashPlace(x, y, seed + 20);
		const at = (dy: number) => ({ x: x + 0.5, y: y + dy });
		if (grid.ground[index] === WATER) {
			const still = [-2, 2].every((d) => wet(x + d, y)) && wet(x, y - 1) && wet(x, y + 1);
			if (still && Math.abs(x) > 3 && roll > 0.93)
				props.push({ frame: `lily.${roll > 0.975 ? 1 : 0}`, ...at(0.5), lies: true });
			continue;
		}
		if (grid.ground[index] !== GRASS || grid.blocked[index]) continue;
		const distance = far[index]!;
		const flat = distance > 7 && ![1, 2, 3, 4].some((d) => wet(x, y - d));
		if (wet(x, y + 1) || wet(x, y - 1) || wet(x + 1, y) || wet(x - 1, y)) {
			if (roll > 0.7)
				props.push({ frame: roll > 0.95 ? 'rock' : `reeds.${roll > 0.82 ? 1 : 0}`, ...at(0.8) });
			continue;
		}
		const grove = patch(x, y, 7, seed + 21);
		const room = distance < 7 || (x + y * 3) % 2 === 0;
		if (room && roll < density(distance, grove)) {
			const cool = patch(x, y, 11, seed + 23) > 0.58;
			const kinds = distance <= 3 ? NEAR : cool ? CONIFERS : WOODS;
			const nudge = (n: number) => hashPlace(x, y, seed + n) - 0.5;
			props.push({
				frame: pick(kinds, hashPlace(x, y, seed + 22)),
				x: x + 0.5 + nudge(24) * 0.5,
				y: y + 0.7 + nudge(25) * 0.4,
				flat
			});
			grid.blocked[index] = 1;
		} else if (distance >= 1 && distance <= 8 && roll > 0.972) {
			props.push({ frame: `bush.${Math.floor(hashPlace(x, y, seed + 26) * 3)}`, ...at(0.9), flat });
			grid.blocked[index] = 1;
		} else if (distance > 2 && roll > 0.966)
			props.push({ frame: roll > 0.969 ? 'rock' : 'stump', ...at(0.8), flat });
		if (distance > 8) grid.blocked[index] = 1;
	}
}

/** A kitchen garden on one side of a house, a bit of fence on the other, where there is room. */
function yards(layout: Layout): void {
	const { grid, props, seed } = layout;
	const open = (x: number, y: number) => {
		const index = indexAt(grid, x, y);
		return (
			index >= 0 && !grid.blocked[index] && grid.ground[index] === GRASS && !layout.lanes.has(index)
		);
	};
	for (const house of layout.houses.values()) {
		const { width } = HOUSE_TILES[house.size];
		const left = house.x - Math.floor(width / 2);
		const y = house.y - 1;
		const first = hashPlace(house.x, house.y, seed + 30) < 0.5 ? -1 : 1;
		for (const side of [first, -first]) {
			const x = side < 0 ? left - 2 : left + width;
			if (!open(x, y) || !open(x + 1, y)) continue;
			if (side === first) {
				const kind = hashPlace(house.x, house.y, seed + 31) < 0.5 ? 0 : 1;
				props.push({ frame: `garden.${kind}`, x: x + 1, y: y + 0.9 });
			} else for (const k of [0, 1]) props.push({ frame: 'fence', x: x + k + 0.5, y: y + 0.8 });
			block(grid, x, y, 2, 1);
		}
	}
}
