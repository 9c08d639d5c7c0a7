// Wood and stone as flat surfaces, shared by everything that is built.
import { RAMPS } from './palette.js';
import { noise } from './pix.js';

const { earth, stone } = RAMPS;

/** A flat tone with wood grain: rows of planks. */
export function planks(p, x, y, w, h, tones = [earth[1], earth[2], earth[3]], step = 4) {
	for (let j = 0; j < h; j++)
		for (let i = 0; i < w; i++) {
			const k = j % step;
			let c = k === step - 1 ? tones[0] : k === 0 ? tones[2] : tones[1];
			if (k !== step - 1 && noise(i >> 2, j, 7) > 0.86) c = tones[0];
			p.set(x + i, y + j, c);
		}
}

/** Dressed stones in courses, lit from the left. */
export function stones(p, x, y, w, h) {
	for (let j = 0; j < h; j++)
		for (let i = 0; i < w; i++) {
			const row = Math.floor(j / 4);
			const k = (i + (row % 2) * 3) % 7;
			const lit = 1 - i / w;
			p.set(
				x + i,
				y + j,
				j % 4 === 3 || k === 6 ? stone[1] : lit > 0.66 ? stone[4] : lit > 0.3 ? stone[3] : stone[2]
			);
		}
}
