// A small picture of RGBA pixels with the handful of strokes the art needs. Deterministic: randomness comes from `rng(seed)`.

/** A seeded generator of 0 ≤ n < 1 (mulberry32). */
export function rng(seed) {
	let a = seed >>> 0;
	return () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

/** A number for a place, the same on every run. */
export function noise(x, y, seed = 0) {
	let h = (Math.imul(x, 374761393) + Math.imul(y, 668265263) + Math.imul(seed, 2246822519)) >>> 0;
	h = Math.imul(h ^ (h >>> 13), 1274126177) >>> 0;
	return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** Smooth noise that repeats after `period` cells of `cell` pixels. */
export function smoothNoise(x, y, cell, period, seed = 0) {
	const gx = Math.floor(x / cell);
	const gy = Math.floor(y / cell);
	const ease = (t) => t * t * (3 - 2 * t);
	const fx = ease(x / cell - gx);
	const fy = ease(y / cell - gy);
	const wrap = (n) => ((n % period) + period) % period;
	const at = (i, j) => noise(wrap(i), wrap(j), seed);
	const top = at(gx, gy) * (1 - fx) + at(gx + 1, gy) * fx;
	const low = at(gx, gy + 1) * (1 - fx) + at(gx + 1, gy + 1) * fx;
	return top * (1 - fy) + low * fy;
}

const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];
/** Ordered dither threshold 0..1 of a pixel. */
export const bayer = (x, y) => (BAYER[(x & 3) + (y & 3) * 4] + 0.5) / 16;

export class Pix {
	constructor(width, height) {
		this.width = width;
		this.height = height;
		this.data = new Array(width * height).fill(null);
	}

	get(x, y) {
		if (x < 0 || y < 0 || x >= this.width || y >= this.height) return null;
		return this.data[y * this.width + x];
	}

	set(x, y, colour) {
		x = Math.round(x);
		y = Math.round(y);
		if (x < 0 || y < 0 || x >= this.width || y >= this.height) return this;
		this.data[y * this.width + x] = colour;
		return this;
	}

	rect(x, y, w, h, colour) {
		for (let j = 0; j < h; j++) for (let i = 0; i < w; i++) this.set(x + i, y + j, colour);
		return this;
	}

	line(x0, y0, x1, y1, colour) {
		const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
		for (let i = 0; i <= steps; i++)
			this.set(x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps, colour);
		return this;
	}

	/** Filled ellipse; `colour` may be a function of (dx, dy) in −1..1 and the pixel. */
	ellipse(cx, cy, rx, ry, colour) {
		for (let y = Math.floor(cy - ry); y <= Math.ceil(cy + ry); y++)
			for (let x = Math.floor(cx - rx); x <= Math.ceil(cx + rx); x++) {
				const dx = (x - cx) / rx;
				const dy = (y - cy) / ry;
				if (dx * dx + dy * dy > 1) continue;
				const c = typeof colour === 'function' ? colour(dx, dy, x, y) : colour;
				if (c) this.set(x, y, c);
			}
		return this;
	}

	/** Rows of letters; `key` maps a letter to a colour, anything else is left as it is. */
	rows(x, y, lines, key) {
		lines.forEach((line, j) => {
			for (let i = 0; i < line.length; i++) {
				const colour = key[line[i]];
				if (colour) this.set(x + i, y + j, colour);
			}
		});
		return this;
	}

	draw(other, x = 0, y = 0, flip = false) {
		for (let j = 0; j < other.height; j++)
			for (let i = 0; i < other.width; i++) {
				const colour = other.get(flip ? other.width - 1 - i : i, j);
				if (colour) this.set(x + i, y + j, colour);
			}
		return this;
	}

	/** Paints the rim around what is drawn with the dark tone of the nearest fill. */
	outline(outlines, fallback) {
		const rim = [];
		for (let y = 0; y < this.height; y++)
			for (let x = 0; x < this.width; x++) {
				if (this.get(x, y)) continue;
				const next =
					this.get(x, y + 1) ?? this.get(x, y - 1) ?? this.get(x + 1, y) ?? this.get(x - 1, y);
				if (next) rim.push([x, y, outlines.get(next) ?? fallback]);
			}
		for (const [x, y, colour] of rim) this.set(x, y, colour);
		return this;
	}

	/** Moves rows sideways: the sway of a tree. `shift(y)` gives whole pixels. */
	skew(shift) {
		const out = new Pix(this.width, this.height);
		for (let y = 0; y < this.height; y++)
			for (let x = 0; x < this.width; x++) {
				const colour = this.get(x - shift(y), y);
				if (colour) out.set(x, y, colour);
			}
		return out;
	}

	map(change) {
		const out = new Pix(this.width, this.height);
		out.data = this.data.map((c, i) => change(c, i % this.width, Math.floor(i / this.width)));
		return out;
	}
}
