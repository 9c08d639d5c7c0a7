// Trees, bushes, flowers and yards: dense where nobody goes, sparse near the paths, none where somebody must pass.
import { hashPlace } from '#domain/village.ts';
import { GRASS, WATER, indexAt } from './grid.ts';
import type { Layout } from './layout.ts';

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
	for (const house of layout.houses.values())
		for (const spot of house.spots) {
			const i = indexAt(grid, Math.floor(spot.x), Math.floor(spot.y));
			if (i >= 0 && far[i] !== 0) {
				far[i] = 0;
				queue.push(i);
			}
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

export function plant(layout: Layout): void {
	const { grid, seed, props } = layout;
	const far = distances(layout);
	const wet = (x: number, y: number) => {
		const i = indexAt(grid, x, y);
		return i >= 0 && grid.ground[i] === WATER;
	};
	for (let j = 0; j < grid.height; j++)
		for (let i = 0; i < grid.width; i++) {
			const index = j * grid.width + i;
			if (grid.ground[index] !== GRASS || grid.blocked[index]) continue;
			const x = grid.x + i;
			const y = grid.y + j;
			const distance = far[index]!;
			const roll = hashPlace(x, y, seed + 20);
			const grove = patch(x, y, 7, seed + 21);
			const shore = wet(x, y + 1) || wet(x, y - 1) || wet(x + 1, y) || wet(x - 1, y);
			if (shore) {
				if (roll > 0.9)
					props.push({
						frame: roll > 0.95 ? 'rock' : 'bush.0',
						x: x + 0.5,
						y: y + 0.8,
						sways: false
					});
				continue;
			}
			const odd = (x + y * 3) % 2 === 0;
			const density =
				distance <= 1
					? 0
					: distance <= 3
						? grove > 0.55
							? 0.07
							: 0.015
						: distance <= 6
							? grove * 0.22
							: 0.2 + grove * 0.55;
			if (roll < density && (distance < 7 || odd)) {
				const kind = hashPlace(x, y, seed + 22);
				const cool = patch(x, y, 11, seed + 23);
				const frame =
					distance <= 3
						? kind < 0.3
							? 'tree.blossom'
							: kind < 0.65
								? 'tree.birch'
								: 'tree.oak'
						: cool > 0.58
							? kind < 0.75
								? 'tree.pine'
								: 'tree.dark'
							: kind < 0.5
								? 'tree.oak'
								: kind < 0.72
									? 'tree.dark'
									: kind < 0.9
										? 'tree.birch'
										: 'tree.pine';
				const jx = (hashPlace(x, y, seed + 24) - 0.5) * 0.5;
				props.push({
					frame,
					x: x + 0.5 + jx,
					y: y + 0.7 + (hashPlace(x, y, seed + 25) - 0.5) * 0.4,
					sways: true,
					flat: distance > 7
				});
				grid.blocked[index] = 1;
			} else if (distance >= 1 && distance <= 8 && roll > 0.972) {
				props.push({
					frame: `bush.${Math.floor(hashPlace(x, y, seed + 26) * 3)}`,
					x: x + 0.5,
					y: y + 0.9
				});
				grid.blocked[index] = 1;
			} else if (distance > 2 && roll > 0.962)
				props.push({ frame: roll > 0.968 ? 'rock' : 'stump', x: x + 0.5, y: y + 0.8 });
			if (distance > 8) grid.blocked[index] = 1;
		}
	yards(layout);
}

/** A mailbox, a bit of fence and flowers before each house. */
function yards(layout: Layout): void {
	const { grid, props, seed } = layout;
	for (const house of layout.houses.values()) {
		for (const side of [-1, 1])
			for (let k = 0; k < 3; k++) {
				const x = house.door.x + side * (3 + k);
				const y = house.y + 3;
				const index = indexAt(grid, x, y);
				if (index < 0 || grid.blocked[index] || grid.ground[index] !== GRASS) continue;
				if (hashPlace(house.x + side, house.y, seed + 30) < 0.3) continue;
				if (house.spots.some((spot) => Math.floor(spot.x) === x && Math.floor(spot.y) === y))
					continue;
				props.push({ frame: 'fence', x: x + 0.5, y: y + 0.6 });
			}
	}
}
