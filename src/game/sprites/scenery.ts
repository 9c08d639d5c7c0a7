// What stands still in the village (trees, lamps, benches, fences), looked up once when the map is built and kept in squares,
// so that a frame touches only what is near the screen.
import { TILE, hashPlace } from '#domain/village.ts';
import type { Layout, Prop } from '../sim/layout.ts';
import type { Art, Picture } from './atlas.ts';
import { type Frame, turn } from './frame.ts';
import type { Light } from './night.ts';

const SWAY_MS = 640;
const SHADOWLESS = new Set(['fence', 'garden.0', 'garden.1', 'reeds.0', 'reeds.1']);
/** Side of a square in world pixels, and how far a thing may reach out of it: the tallest trees and the gate. */
const SQUARE = 128;
const REACH = 72;
/** Leaning of a tree in the four steps of its sway. */
const LEANS = [0, 1, 0, 2] as const;

interface Piece {
	x: number;
	y: number;
	picture: Picture;
	/** Pictures of a tree upright, leaning left and right. */
	leaning: readonly Picture[] | null;
	phase: number;
	shadow: Picture | null;
	shadowScale: number;
	lies: boolean;
	kind: 'lamp' | 'gate' | 'thing';
}

export class Scenery {
	readonly #squares = new Map<number, Piece[]>();
	readonly #lights: Light[] = [];
	readonly #glow: Picture;
	readonly #columns: number;
	readonly #left: number;
	readonly #top: number;

	constructor(layout: Layout, art: Art) {
		const { grid } = layout;
		this.#left = grid.x * TILE - REACH;
		this.#top = grid.y * TILE - REACH;
		this.#columns = Math.ceil((grid.width * TILE + 2 * REACH) / SQUARE);
		this.#glow = art.get('glow.small');
		for (const prop of layout.props) {
			if (prop.flat) continue;
			const piece = pieceOf(prop, art);
			const square = this.#column(piece.x) + this.#row(piece.y) * this.#columns;
			const pieces = this.#squares.get(square);
			if (pieces) pieces.push(piece);
			else this.#squares.set(square, [piece]);
			const { x, y, kind } = piece;
			if (kind === 'lamp') this.#lights.push({ x, y: y - 6, radius: 78, warmth: 1 });
			else if (kind === 'gate')
				for (const dx of [-25, 25])
					this.#lights.push({ x: x + dx, y: y - 16, radius: 52, warmth: 1 });
		}
	}

	#column(x: number): number {
		return Math.max(0, Math.min(this.#columns - 1, Math.floor((x - this.#left) / SQUARE)));
	}

	#row(y: number): number {
		return Math.max(0, Math.floor((y - this.#top) / SQUARE));
	}

	draw(frame: Frame): void {
		if (frame.lamps > 0) for (const light of this.#lights) frame.lights.push(light);
		const { seen } = frame;
		const last = this.#column(seen.x + seen.width + REACH);
		const bottom = this.#row(seen.y + seen.height + REACH);
		for (let row = this.#row(seen.y - REACH); row <= bottom; row++)
			for (let column = this.#column(seen.x - REACH); column <= last; column++) {
				const pieces = this.#squares.get(column + row * this.#columns);
				if (pieces) for (const piece of pieces) this.#drawPiece(frame, piece);
			}
	}

	#drawPiece(frame: Frame, piece: Piece): void {
		const { x, y } = piece;
		const { seen } = frame;
		if (
			x < seen.x - 48 ||
			x > seen.x + seen.width + 48 ||
			y < seen.y - 48 ||
			y > seen.y + seen.height + REACH
		)
			return;
		let { picture } = piece;
		if (piece.leaning && frame.lively)
			picture = piece.leaning[LEANS[turn(frame, SWAY_MS, 4, piece.phase)]!]!;
		if (piece.lies) {
			frame.floor.add(picture, x, y, -1e6);
			return;
		}
		if (piece.shadow) frame.floor.add(piece.shadow, x + 1, y - 1, y, 1, piece.shadowScale);
		frame.things.add(picture, x, y);
		if (piece.kind === 'thing') return;
		if (piece.kind === 'lamp') {
			if (frame.lamps > 0) frame.glow.add(this.#glow, x, y - 28, y, frame.lamps);
			return;
		}
		frame.hits.add({
			kind: 'gate',
			id: 'gate',
			x: x - 34,
			y: y - 52,
			width: 68,
			height: 54,
			rank: 0,
			anchor: { x, y: y - 54 }
		});
		if (frame.lamps > 0)
			for (const dx of [-25, 25]) frame.glow.add(this.#glow, x + dx, y - 43, y, frame.lamps);
	}
}

function pieceOf(prop: Prop, art: Art): Piece {
	const leaning = prop.frame.startsWith('tree.')
		? [0, 1, 2].map((lean) => art.get(`${prop.frame}.${lean}`))
		: null;
	const picture = leaning?.[0] ?? art.get(prop.frame);
	const size = picture.width > 36 ? 'l' : picture.width > 18 ? 'm' : 's';
	return {
		x: prop.x * TILE,
		y: prop.y * TILE,
		picture,
		leaning,
		phase: Math.floor(hashPlace(Math.floor(prop.x), Math.floor(prop.y), 3) * 4),
		shadow: SHADOWLESS.has(prop.frame) ? null : art.get(`shadow.${size}`),
		shadowScale: picture.width > 60 ? 1.5 : 1,
		lies: prop.lies ?? false,
		kind: prop.frame === 'lamp' || prop.frame === 'gate' ? prop.frame : 'thing'
	};
}
