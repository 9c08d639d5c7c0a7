// The camera: where the middle of the picture lies, how large a pixel of art is, and what it moves towards.
// Device pixels inside, whole multiples only, so that pixels of art stay square and never shimmer.
import { TILE, type Point } from '#domain/village.ts';

/** Steps of the zoom in device pixels per pixel of art for a screen's ratio. */
export function zoomSteps(ratio: number): number[] {
	if (ratio < 1.4) return [2, 3, 4];
	if (ratio < 1.9) return [3, 4, 6];
	if (ratio < 2.6) return [3, 4, 6, 8];
	return [4, 6, 8, 12];
}

export interface Bounds {
	x: number;
	y: number;
	width: number;
	height: number;
}

export class View {
	/** Device pixels of the canvas and per CSS pixel. */
	width = 1;
	height = 1;
	ratio = 1;
	zoom = 2;
	/** Middle of the picture in world pixels. */
	x = 0;
	y = 0;
	bounds: Bounds = { x: 0, y: 0, width: 1, height: 1 };
	#target: Point | null = null;
	/** Device pixels by which the world is moved; whole. */
	left = 0;
	top = 0;

	resize(width: number, height: number, ratio: number): void {
		this.width = width;
		this.height = height;
		if (ratio !== this.ratio) {
			const steps = zoomSteps(ratio);
			const wanted = (this.zoom / this.ratio) * ratio;
			this.zoom = steps.reduce((a, b) => (Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a));
			this.ratio = ratio;
		}
		this.settle();
	}

	/** Keeps the picture on the map and on whole pixels. */
	settle(): void {
		const half = { x: this.width / 2 / this.zoom, y: this.height / 2 / this.zoom };
		const keep = (n: number, low: number, size: number, h: number) =>
			size <= 2 * h ? low + size / 2 : Math.max(low + h, Math.min(low + size - h, n));
		this.x = keep(this.x, this.bounds.x, this.bounds.width, half.x);
		this.y = keep(this.y, this.bounds.y, this.bounds.height, half.y);
		this.left = Math.round(this.width / 2 - this.x * this.zoom);
		this.top = Math.round(this.height / 2 - this.y * this.zoom);
	}

	/** World pixels at a place in CSS pixels. */
	toWorld(at: Point): Point {
		return {
			x: (at.x * this.ratio - this.left) / this.zoom,
			y: (at.y * this.ratio - this.top) / this.zoom
		};
	}

	toTiles(at: Point): Point {
		const world = this.toWorld(at);
		return { x: world.x / TILE, y: world.y / TILE };
	}

	/** CSS pixels of a place in world pixels. */
	toScreen(world: Point): Point {
		return {
			x: (world.x * this.zoom + this.left) / this.ratio,
			y: (world.y * this.zoom + this.top) / this.ratio
		};
	}

	/** What is seen, in world pixels, with a margin. */
	seen(margin = 0): Bounds {
		return {
			x: -this.left / this.zoom - margin,
			y: -this.top / this.zoom - margin,
			width: this.width / this.zoom + 2 * margin,
			height: this.height / this.zoom + 2 * margin
		};
	}

	/**
	 * How the picture is drawn: one canvas pixel per pixel of art, so that a frame costs the same at every zoom and
	 * screen; the browser enlarges it by `scale` (CSS pixels) and moves it by less than one pixel of art.
	 */
	get picture(): {
		width: number;
		height: number;
		scrollX: number;
		scrollY: number;
		scale: number;
		dx: number;
		dy: number;
	} {
		const scrollX = Math.floor(-this.left / this.zoom);
		const scrollY = Math.floor(-this.top / this.zoom);
		return {
			width: Math.ceil(this.width / this.zoom) + 1,
			height: Math.ceil(this.height / this.zoom) + 1,
			scrollX,
			scrollY,
			scale: this.zoom / this.ratio,
			dx: (this.left + scrollX * this.zoom) / this.ratio,
			dy: (this.top + scrollY * this.zoom) / this.ratio
		};
	}

	pan(dx: number, dy: number): void {
		this.#target = null;
		this.x -= (dx * this.ratio) / this.zoom;
		this.y -= (dy * this.ratio) / this.zoom;
		this.settle();
	}

	/** Next larger or smaller step, keeping what is under `at` (CSS pixels) where it is. */
	step(direction: 1 | -1, at?: Point): boolean {
		const steps = zoomSteps(this.ratio);
		const index = steps.indexOf(this.zoom);
		const next =
			steps[Math.max(0, Math.min(steps.length - 1, (index < 0 ? 0 : index) + direction))]!;
		if (next === this.zoom) return false;
		const focus = at ?? { x: this.width / 2 / this.ratio, y: this.height / 2 / this.ratio };
		const world = this.toWorld(focus);
		this.zoom = next;
		this.x = world.x - (focus.x * this.ratio - this.width / 2) / next;
		this.y = world.y - (focus.y * this.ratio - this.height / 2) / next;
		this.#target = null;
		this.settle();
		return true;
	}

	/** Moves the middle to a place in world pixels: eased over about 300 ms, or at once. */
	goTo(world: Point, jump: boolean): void {
		if (jump) {
			this.#target = null;
			this.x = world.x;
			this.y = world.y;
			this.settle();
		} else this.#target = { ...world };
	}

	/** Moves on towards the target; true while the picture changes. */
	ease(dtMs: number): boolean {
		if (!this.#target) return false;
		const t = 1 - Math.exp(-dtMs / 110);
		const { left, top } = this;
		this.x += (this.#target.x - this.x) * t;
		this.y += (this.#target.y - this.y) * t;
		if (Math.hypot(this.#target.x - this.x, this.#target.y - this.y) < 0.4) {
			this.x = this.#target.x;
			this.y = this.#target.y;
			this.#target = null;
		}
		const wanted = this.#target;
		this.settle();
		// Held by the edge of the map: the target cannot be reached, so it is given up.
		if (wanted && left === this.left && top === this.top && dtMs > 0) this.#target = null;
		return true;
	}

	get moving(): boolean {
		return this.#target !== null;
	}
}
