// The ground as pictures of 16×16 tiles, painted once when they come into view or near it: grass, meadows, paths, square, water and far woods.
import * as Phaser from 'phaser';
import { TILE, hashPlace } from '#domain/village.ts';
import { BRIDGE, PATH, PLAZA, WATER, groundAt } from '../sim/grid.ts';
import type { Bounds } from '../input/view.ts';
import type { Layout } from '../sim/layout.ts';
import type { Art } from './atlas.ts';

const CHUNK = 16;
const SIZE = CHUNK * TILE;
const WATER_FRAMES = 4;
/** Pictures painted in one frame: enough for a first view of a laptop's screen in two frames, little enough not to stall a pan. */
const AT_ONCE = 8;
/** Cells of a picture and one more on each side. */
const SPAN = CHUNK + 2;
const WET = 1;
const WAY = 2;
const SQUARE = 4;
const MEADOW = 8;
const SHADE = 16;
/** Terrains on land, lowest first. */
const LAYERS: readonly (readonly [number, string])[] = [
	[SHADE, 'shade'],
	[MEADOW, 'meadow'],
	[WAY, 'path'],
	[SQUARE, 'plaza']
];

const NOWHERE: Bounds = { x: 0, y: 0, width: -1, height: -1 };

interface Chunk {
	keys: string[];
	land: Phaser.GameObjects.Image;
	water: { image: Phaser.GameObjects.Image; keys: string[] } | null;
}

/** Broad patches 0..1 for meadows and shade, in tiles: two octaves on a turned lattice, so that no edge runs along the grid. */
function blotch(x: number, y: number, size: number, seed: number): number {
	const octave = (scale: number, n: number) => {
		const u = (x * 0.82 + y * 0.57) / scale;
		const v = (y * 0.82 - x * 0.57) / scale;
		const gx = Math.floor(u);
		const gy = Math.floor(v);
		const ease = (t: number) => t * t * (3 - 2 * t);
		const fx = ease(u - gx);
		const fy = ease(v - gy);
		const at = (i: number, j: number) => hashPlace(gx + i, gy + j, seed + n);
		const top = at(0, 0) * (1 - fx) + at(1, 0) * fx;
		return top * (1 - fy) + (at(0, 1) * (1 - fx) + at(1, 1) * fx) * fy;
	};
	return octave(size, 0) * 0.68 + octave(size / 2.3, 1) * 0.32;
}

export class Ground {
	readonly #scene: Phaser.Scene;
	readonly #art: Art;
	readonly #below: Phaser.GameObjects.Layer;
	readonly #water: Phaser.GameObjects.Layer;
	readonly #above: Phaser.GameObjects.Layer;
	#layout: Layout;
	#revision = 0;
	#chunks = new Map<string, Chunk>();
	#bridge: Phaser.GameObjects.Image | null = null;
	#frame = 0;
	#turf: HTMLCanvasElement | null = null;
	/** The last view all of which, and what lies around it, is painted. */
	#whole: Bounds = NOWHERE;

	constructor(scene: Phaser.Scene, art: Art, layout: Layout) {
		this.#scene = scene;
		this.#art = art;
		this.#layout = layout;
		this.#below = scene.add.layer();
		this.#water = scene.add.layer();
		this.#above = scene.add.layer();
	}

	get layers(): Phaser.GameObjects.Layer[] {
		return [this.#below, this.#water, this.#above];
	}

	/** Forgets the old map; the next `show` paints the new one. */
	rebuild(layout: Layout): void {
		this.#layout = layout;
		this.#whole = NOWHERE;
		this.#revision++;
		for (const chunk of this.#chunks.values()) this.#drop(chunk);
		this.#chunks.clear();
		if (this.#bridge) {
			const key = this.#bridge.texture.key;
			this.#bridge.destroy();
			this.#scene.textures.remove(key);
			this.#bridge = null;
		}
	}

	#drop(chunk: Chunk): void {
		chunk.land.destroy();
		chunk.water?.image.destroy();
		for (const key of chunk.keys) this.#scene.textures.remove(key);
	}

	/** Paints what the view needs at once, or else one picture just outside of it; true when more is missing in view. */
	show(view: Bounds): boolean {
		// Most frames show what the last one showed.
		const same =
			view.x === this.#whole.x &&
			view.y === this.#whole.y &&
			view.width === this.#whole.width &&
			view.height === this.#whole.height;
		if (same) return false;
		if (!this.#bridge && this.#layout.bridge.height > 0) this.#span();
		const missing = this.#missing(view, 0);
		for (const [i, j] of missing.slice(0, AT_ONCE))
			this.#chunks.set(`${i},${j}`, this.#paint(i, j));
		if (missing.length > 0) return missing.length > AT_ONCE;
		const [ahead] = this.#missing(view, SIZE / 2);
		if (ahead) this.#chunks.set(`${ahead[0]},${ahead[1]}`, this.#paint(...ahead));
		else this.#whole = { ...view };
		return false;
	}

	#missing(view: Bounds, margin: number): [number, number][] {
		const { grid } = this.#layout;
		const chunkOf = (pixel: number, low: number, size: number) =>
			Math.max(0, Math.min(Math.ceil(size / CHUNK) - 1, Math.floor((pixel / TILE - low) / CHUNK)));
		const i0 = chunkOf(view.x - margin, grid.x, grid.width);
		const i1 = chunkOf(view.x + view.width + margin, grid.x, grid.width);
		const j0 = chunkOf(view.y - margin, grid.y, grid.height);
		const j1 = chunkOf(view.y + view.height + margin, grid.y, grid.height);
		const found: [number, number][] = [];
		for (let j = j0; j <= j1; j++)
			for (let i = i0; i <= i1; i++) if (!this.#chunks.has(`${i},${j}`)) found.push([i, j]);
		return found;
	}

	/** Shows a frame of the running water; true when that changed the picture. */
	flow(frame: number): boolean {
		if (frame === this.#frame) return false;
		this.#frame = frame;
		for (const { water } of this.#chunks.values())
			if (water) water.image.setTexture(water.keys[frame % WATER_FRAMES]!);
		return true;
	}

	#canvas(width: number, height: number): CanvasRenderingContext2D {
		const canvas = document.createElement('canvas');
		canvas.width = width;
		canvas.height = height;
		// Kept in plain memory: it is painted once and then handed to the renderer.
		return canvas.getContext('2d', { willReadFrequently: true })!;
	}

	#put(context: CanvasRenderingContext2D, index: number, x: number, y: number): void {
		const { perLine } = this.#art.ground;
		context.drawImage(
			this.#art.image('ground'),
			(index % perLine) * TILE,
			Math.floor(index / perLine) * TILE,
			TILE,
			TILE,
			x,
			y,
			TILE,
			TILE
		);
	}

	#paint(ci: number, cj: number): Chunk {
		const { grid, seed } = this.#layout;
		const { terrains, grass, decals, decalCount } = this.#art.ground;
		const land = this.#canvas(SIZE, SIZE);
		const x0 = grid.x + ci * CHUNK;
		const y0 = grid.y + cj * CHUNK;
		const wet: { x: number; y: number; corners: number; phase: number }[] = [];
		const cells = this.#cells(x0, y0);
		const at = (i: number, j: number) => cells[(j + 1) * SPAN + i + 1]!;
		land.fillStyle = this.#grass(land, grass);
		land.fillRect(0, 0, SIZE, SIZE);
		// Terrains lie half a tile off the grid: a tile's corners are the middles of four cells.
		for (let j = -1; j < CHUNK; j++)
			for (let i = -1; i < CHUNK; i++) {
				const around = [at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1)];
				if (around.every((cell) => cell === 0)) continue;
				const px = i * TILE + TILE / 2;
				const py = j * TILE + TILE / 2;
				const phase = ((x0 + i) & 1) + ((y0 + j) & 1) * 2;
				const corners = (bit: number) =>
					around.reduce((mask, cell, k) => (cell & bit ? mask | (1 << k) : mask), 0);
				for (const [bit, name] of LAYERS) {
					const mask = corners(bit);
					if (mask) this.#put(land, terrains[name]! + mask * 4 + phase, px, py);
				}
				const mask = corners(WET);
				if (mask) wet.push({ x: px, y: py, corners: mask, phase });
			}
		const made = WET | WAY | SQUARE;
		for (let j = 0; j < CHUNK; j++)
			for (let i = 0; i < CHUNK; i++) {
				if ((at(i, j) | at(i - 1, j) | at(i + 1, j) | at(i, j - 1) | at(i, j + 1)) & made) continue;
				const x = x0 + i;
				const y = y0 + j;
				const roll = hashPlace(x, y, seed + 42);
				if (roll < 0.72) continue;
				const flowers = blotch(x, y, 6, seed + 43) > 0.6;
				if (!flowers && roll < 0.93) continue;
				const pick = hashPlace(x, y, seed + 44);
				const kind = flowers
					? 2 + Math.floor(blotch(x, y, 9, seed + 45) * 3.99)
					: pick < 0.8
						? Math.floor(pick * 2.49)
						: decalCount - 1 - Math.floor((pick - 0.8) * 9.9);
				const shift = Math.round((pick - 0.5) * 6);
				this.#put(land, decals + Math.min(decalCount - 1, kind), i * TILE + shift, j * TILE);
			}
		this.#woods(land, x0, y0);
		const keys = [`land.${this.#revision}.${ci}.${cj}`];
		const corner = [x0 * TILE, y0 * TILE] as const;
		const image = this.#show(this.#below, keys[0]!, land.canvas, corner);
		if (wet.length === 0) return { keys, land: image, water: null };
		const frames: string[] = [];
		for (let frame = 0; frame < WATER_FRAMES; frame++) {
			const context = this.#canvas(SIZE, SIZE);
			for (const tile of wet)
				this.#put(
					context,
					terrains[`water${frame}`]! + tile.corners * 4 + tile.phase,
					tile.x,
					tile.y
				);
			const key = `water.${this.#revision}.${ci}.${cj}.${frame}`;
			this.#texture(key, context.canvas);
			frames.push(key);
			keys.push(key);
		}
		const water = new Phaser.GameObjects.Image(
			this.#scene,
			0,
			0,
			frames[this.#frame % WATER_FRAMES]!
		);
		water.setOrigin(0, 0).setPosition(corner[0], corner[1]);
		this.#water.add(water);
		return { keys, land: image, water: { image: water, keys: frames } };
	}

	/** What each cell of a picture and its rim is, as bits. */
	#cells(x0: number, y0: number): Uint8Array {
		const { grid, seed } = this.#layout;
		const cells = new Uint8Array(SPAN * SPAN);
		for (let j = 0; j < SPAN; j++)
			for (let i = 0; i < SPAN; i++) {
				const x = x0 + i - 1;
				const y = y0 + j - 1;
				const ground = groundAt(grid, x, y);
				cells[j * SPAN + i] =
					(ground === WATER || ground === BRIDGE ? WET : 0) |
					(ground === PATH || ground === PLAZA || ground === BRIDGE ? WAY : 0) |
					(ground === PLAZA ? SQUARE : 0) |
					(blotch(x, y, 8, seed + 40) > 0.56 ? MEADOW : 0) |
					(blotch(x, y, 10, seed + 41) > 0.56 ? SHADE : 0);
			}
		return cells;
	}

	/** The seamless grass as a pattern; 4×4 tiles, so that it meets at the rims of the pictures. */
	#grass(context: CanvasRenderingContext2D, first: number): CanvasPattern {
		if (!this.#turf) {
			const square = this.#canvas(4 * TILE, 4 * TILE);
			for (let j = 0; j < 4; j++)
				for (let i = 0; i < 4; i++) this.#put(square, first + i + j * 4, i * TILE, j * TILE);
			this.#turf = square.canvas;
		}
		return context.createPattern(this.#turf, 'repeat')!;
	}

	#show(
		layer: Phaser.GameObjects.Layer,
		key: string,
		canvas: HTMLCanvasElement,
		at: readonly [number, number]
	) {
		this.#texture(key, canvas);
		const image = new Phaser.GameObjects.Image(this.#scene, 0, 0, key);
		image.setOrigin(0, 0).setPosition(at[0], at[1]);
		layer.add(image);
		return image;
	}

	/** A plain texture: one that can be drawn on would read all of its pixels back at once. */
	#texture(key: string, canvas: HTMLCanvasElement): void {
		const source = canvas as unknown as HTMLImageElement;
		this.#scene.textures
			.create(key, source, canvas.width, canvas.height)
			?.add('__BASE', 0, 0, 0, canvas.width, canvas.height);
	}

	/** Trees far from everything are part of the ground. */
	#woods(context: CanvasRenderingContext2D, x0: number, y0: number): void {
		const flat = this.#layout.props.filter(
			(prop) =>
				prop.flat &&
				prop.x > x0 - 3 &&
				prop.x < x0 + CHUNK + 3 &&
				prop.y > y0 - 1 &&
				prop.y < y0 + CHUNK + 5
		);
		flat.sort((a, b) => a.y - b.y);
		for (const prop of flat) {
			const { frame, width, height, ax, ay } = this.#art.get(
				prop.frame.startsWith('tree.') ? `${prop.frame}.0` : prop.frame
			);
			const x = Math.round((prop.x - x0) * TILE);
			const y = Math.round((prop.y - y0) * TILE);
			context.fillStyle = 'rgba(24, 26, 48, 0.28)';
			context.beginPath();
			context.ellipse(x, y - 1, 12, 5, 0, 0, Math.PI * 2);
			context.fill();
			context.drawImage(
				this.#art.image('things'),
				frame.cutX,
				frame.cutY,
				width,
				height,
				x - ax,
				y - ay,
				width,
				height
			);
		}
	}

	#span(): void {
		const { bridge } = this.#layout;
		const rows = bridge.height + 1;
		const context = this.#canvas(3 * TILE, rows * TILE);
		for (let j = 0; j < rows; j++)
			for (let i = 0; i < 3; i++)
				this.#put(context, this.#art.ground.bridge + i, i * TILE, j * TILE);
		this.#bridge = this.#show(this.#above, `bridge.${this.#revision}`, context.canvas, [
			bridge.x * TILE,
			bridge.y * TILE - TILE / 2
		]);
	}
}
