// The tile grid: what the ground is, and where nobody can walk. Coordinates may be negative; `at` turns them into an index.
export const GRASS = 0;
export const PATH = 1;
export const PLAZA = 2;
export const WATER = 3;
export const BRIDGE = 4;

export interface Grid {
	/** Tile coordinates of the upper left corner. */
	x: number;
	y: number;
	width: number;
	height: number;
	ground: Uint8Array;
	/** 1 where a building, a thing, a trunk or water stands. */
	blocked: Uint8Array;
}

export function createGrid(x: number, y: number, width: number, height: number): Grid {
	const cells = width * height;
	return {
		x,
		y,
		width,
		height,
		ground: new Uint8Array(cells),
		blocked: new Uint8Array(cells)
	};
}

/** Index of a tile, or −1 outside. */
export function indexAt(grid: Grid, x: number, y: number): number {
	const i = x - grid.x;
	const j = y - grid.y;
	return i < 0 || j < 0 || i >= grid.width || j >= grid.height ? -1 : j * grid.width + i;
}

export function groundAt(grid: Grid, x: number, y: number): number {
	const index = indexAt(grid, x, y);
	return index < 0 ? GRASS : grid.ground[index]!;
}

export function isFree(grid: Grid, x: number, y: number): boolean {
	const index = indexAt(grid, x, y);
	return index >= 0 && grid.blocked[index] === 0;
}

/** Marks a rectangle of tiles as impassable. */
export function block(grid: Grid, x: number, y: number, width: number, height: number): void {
	for (let j = 0; j < height; j++)
		for (let i = 0; i < width; i++) {
			const index = indexAt(grid, x + i, y + j);
			if (index >= 0) grid.blocked[index] = 1;
		}
}
