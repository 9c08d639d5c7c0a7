// The ground: seamless grass, and terrains that meet it with round corners (a Wang set over four corners, drawn half a tile off the grid).
// Each terrain comes in 2×2 phases of a 32 px texture, so that neither stones nor ripples repeat at every tile.
import { RAMPS } from './palette.js';
import { Pix, noise, smoothNoise, bayer } from './pix.js';

const { earth, stone, leaf, water, gold, rust, plum } = RAMPS;
const T = 16;

/** How far inside a terrain a pixel lies, 0..1; 0.5 is its rim. `corners`: bit 1 TL, 2 TR, 4 BL, 8 BR. */
function inside(corners, x, y, ax, ay, rough, seed) {
	const ease = (t) => t * t * (3 - 2 * t);
	const fx = ease((x + 0.5) / T);
	const fy = ease((y + 0.5) / T);
	const bit = (n) => (corners & n ? 1 : 0);
	const top = bit(1) * (1 - fx) + bit(2) * fx;
	const low = bit(4) * (1 - fx) + bit(8) * fx;
	if (corners === 15) return 1;
	return top * (1 - fy) + low * fy + (smoothNoise(ax, ay, 4, 8, seed) - 0.5) * rough;
}

export function drawGrass() {
	const p = new Pix(64, 64);
	for (let y = 0; y < 64; y++)
		for (let x = 0; x < 64; x++) {
			const n = smoothNoise(x, y, 16, 4, 1) * 0.6 + smoothNoise(x, y, 8, 8, 2) * 0.4;
			p.set(x, y, n > 0.52 + (bayer(x, y) - 0.5) * 0.16 ? '#73a556' : leaf[3]);
		}
	// Blades: short strokes of two tones
	for (let i = 0; i < 90; i++) {
		const x = Math.floor(noise(i, 1, 5) * 64);
		const y = Math.floor(noise(i, 2, 5) * 64);
		const dark = noise(i, 3, 5) < 0.55;
		const put = (dx, dy, c) => p.set((x + dx) & 63, (y + dy) & 63, c);
		put(0, 0, dark ? '#5c8f4c' : '#82b05c');
		put(0, -1, dark ? '#5c8f4c' : '#82b05c');
		if (noise(i, 4, 5) > 0.5) put(1, 0, dark ? '#5c8f4c' : '#82b05c');
		if (noise(i, 6, 5) > 0.7) put(-1, -1, dark ? '#5c8f4c' : '#82b05c');
	}
	return p;
}

const meadow = (v, x, y) => {
	if (v < 0.5 + (bayer(x, y) - 0.5) * 0.36) return null;
	const n = smoothNoise(x, y, 4, 8, 3);
	return n > 0.72 ? '#86b35e' : n < 0.2 ? '#73a556' : '#7bab59';
};

const shadeGrass = (v, x, y) => {
	if (v < 0.5 + (bayer(x, y) - 0.5) * 0.4) return null;
	const n = smoothNoise(x, y, 4, 8, 6);
	return n > 0.7 ? '#65984f' : n < 0.25 ? '#588a4b' : '#5f924d';
};

const path = (v, x, y) => {
	if (v < 0.42) return null;
	if (v < 0.5) return noise(x, y, 4) > 0.4 ? '#5c8f4c' : null;
	if (v < 0.57) return earth[3];
	if (v < 0.62) return '#b98a5c';
	const n = smoothNoise(x, y, 8, 4, 7) * 0.6 + smoothNoise(x, y, 4, 8, 8) * 0.4;
	const pebble = noise(x >> 1, y >> 1, 12);
	if (pebble > 0.965) return (x & 1) + (y & 1) === 0 ? earth[5] : '#b98a5c';
	return n > 0.6 + (bayer(x, y) - 0.5) * 0.12 ? '#d6ab76' : earth[4];
};

/** Cobbles: cells of an uneven lattice, lit on their upper left. */
function cobble(x, y) {
	let best = 9e9;
	let second = 9e9;
	let id = 0;
	let off = [0, 0];
	const cell = 6.4;
	const gx = Math.floor(x / cell);
	const gy = Math.floor(y / cell);
	for (let j = -1; j <= 1; j++)
		for (let i = -1; i <= 1; i++) {
			const wx = (((gx + i) % 5) + 5) % 5;
			const wy = (((gy + j) % 5) + 5) % 5;
			const cx = (gx + i + 0.5 + (noise(wx, wy, 31) - 0.5) * 0.5) * cell;
			const cy = (gy + j + 0.5 + (noise(wx, wy, 32) - 0.5) * 0.5) * cell;
			const d = (x - cx) ** 2 + ((y - cy) * 1.15) ** 2;
			if (d < best) {
				second = best;
				best = d;
				id = wx * 5 + wy;
				off = [x - cx, y - cy];
			} else if (d < second) second = d;
		}
	return { edge: Math.sqrt(second) - Math.sqrt(best), id, off };
}

const plaza = (v, x, y) => {
	if (v < 0.44) return null;
	if (v < 0.5) return noise(x, y, 4) > 0.5 ? '#5c8f4c' : null;
	const c = cobble(x, y);
	if (c.edge < 1.05) return v < 0.7 && noise(x, y, 41) > 0.5 ? '#5c8f4c' : '#a58c74';
	const warm = noise(c.id, 3, 33);
	const base = warm > 0.66 ? '#cdb892' : warm > 0.3 ? '#c4b498' : '#b9ab97';
	if (c.off[0] + c.off[1] < -2.6) return '#dccba6';
	if (c.off[0] + c.off[1] > 2.8) return '#ad9a82';
	return base;
};

const shore = (frame) => (v, x, y, corners, ly) => {
	if (v < 0.3) return null;
	const above = (corners & 3) === 0 || ((corners & 3) !== 3 && ly < 8);
	if (v < 0.36) return noise(x, y, 4) > 0.5 ? '#5c8f4c' : null;
	if (v < 0.44) return above ? '#5c8f4c' : '#d6ab76';
	if (v < 0.5) return above ? earth[2] : earth[4];
	const ripple = smoothNoise(x, y, 8, 4, 50 + frame);
	const foam = 0.56 + (smoothNoise(x, y, 4, 8, 60 + frame) - 0.5) * 0.1;
	if (v < foam) return above && v < 0.53 ? water[0] : water[4];
	if (v < foam + 0.12) return water[3];
	if (v < 0.86) return bayer(x, y) < (v - 0.68) * 4 ? water[1] : water[2];
	const drift = (x + frame * 2 + Math.floor(noise(0, y >> 1, 9) * 32)) % 32;
	if ((y & 7) === 3 && drift < 5 && noise(y >> 3, Math.floor(x / 16), 71) > 0.3) return water[2];
	if ((y & 7) === 3 && drift === 5) return water[3];
	return ripple > 0.66 + (bayer(x, y) - 0.5) * 0.2 && (y & 1) === 0 ? '#34799e' : water[1];
};

const TERRAINS = [
	['meadow', meadow, 0.5, 21],
	['shade', shadeGrass, 0.5, 22],
	['path', path, 0.34, 23],
	['plaza', plaza, 0.22, 24],
	['water0', shore(0), 0.3, 25],
	['water1', shore(1), 0.3, 25],
	['water2', shore(2), 0.3, 25],
	['water3', shore(3), 0.3, 25]
];

/** Small things that lie flat in the grass. */
function decals() {
	const out = [];
	const key = {
		a: leaf[2],
		b: leaf[4],
		c: leaf[5],
		g: leaf[1],
		w: '#f3f3ec',
		y: gold[3],
		o: gold[2],
		r: rust[2],
		R: rust[3],
		p: plum[2],
		P: plum[3],
		s: stone[2],
		S: stone[3],
		d: stone[1],
		e: earth[3]
	};
	const add = (...rows) =>
		out.push(
			new Pix(T, T).rows(
				Math.floor((T - rows[0].length) / 2),
				Math.floor((T - rows.length) / 2),
				rows,
				key
			)
		);
	add('..b...', 'b.b.b.', '.bab.b', '..a.a.');
	add('...c....', '.b.c.b..', '..bb.b..', '..ab..b.', '....b.b.', '....ab..');
	add('.w.....', 'wyw..w.', '.w..wyw', '.a...w.', '...w.a.', '..wyw..', '...w...');
	add(
		'..r.....',
		'.rRr....',
		'..r...r.',
		'..a..rRr',
		'.r....r.',
		'rRr...a.',
		'.r......',
		'.a......'
	);
	add('.p....', 'pPp.p.', '.p.pPp', '.a..p.', '....a.');
	add('...o...', '..oyo..', 'o..o..o', 'yo.a.oy', 'o.....o', 'a.....a');
	add('..SS...', '.SSss..', '.sssdd.', '..ddd..');
	add('.S...', 'Ssd..', '.d.S.', '...sd');
	return out;
}

/** Planks of the bridge, three tiles wide, one tile of length. */
function bridge() {
	const p = new Pix(48, T);
	for (let y = 0; y < T; y++)
		for (let x = 0; x < 48; x++) {
			const k = y % 5;
			let c =
				k === 4
					? earth[1]
					: k === 0
						? '#d0a571'
						: noise(x >> 3, Math.floor(y / 5), 81) > 0.6
							? earth[3]
							: '#b98a5c';
			if (k !== 4 && noise(x, y, 82) > 0.94) c = earth[2];
			if (x < 3 || x > 44)
				c = x === 0 || x === 47 ? earth[1] : x === 1 || x === 45 ? earth[4] : earth[2];
			p.set(x, y, c);
		}
	for (const x of [0, 44])
		p.rect(x, 2, 4, 9, earth[2])
			.rect(x, 2, 4, 2, earth[4])
			.rect(x, 2, 1, 9, earth[3])
			.rect(x, 11, 4, 1, earth[0]);
	return p;
}

/** The sheet and where things lie in it: `terrains[name]` is the first tile, tile = first + corners × 4 + phase. */
export function drawGround() {
	const perLine = 32;
	const tiles = [];
	const terrains = {};
	for (const [name, paint, rough, seed] of TERRAINS) {
		terrains[name] = tiles.length;
		for (let corners = 0; corners < 16; corners++)
			for (let phase = 0; phase < 4; phase++) {
				const p = new Pix(T, T);
				const ox = (phase & 1) * T;
				const oy = (phase >> 1) * T;
				for (let y = 0; y < T; y++)
					for (let x = 0; x < T; x++) {
						const v = corners === 0 ? 0 : inside(corners, x, y, ox + x, oy + y, rough, seed);
						const c = corners === 0 ? null : paint(v, ox + x, oy + y, corners, y);
						if (c) p.set(x, y, c);
					}
				tiles.push(p);
			}
	}
	const grassAt = tiles.length;
	const grass = drawGrass();
	for (let j = 0; j < 4; j++)
		for (let i = 0; i < 4; i++) tiles.push(new Pix(T, T).draw(grass, -i * T, -j * T));
	const decalAt = tiles.length;
	const flat = decals();
	tiles.push(...flat);
	const bridgeAt =
		tiles.length +
		(perLine - (tiles.length % perLine) < 3 ? perLine - (tiles.length % perLine) : 0);
	while (tiles.length < bridgeAt) tiles.push(new Pix(T, T));
	const planks = bridge();
	for (let i = 0; i < 3; i++) tiles.push(new Pix(T, T).draw(planks, -i * T, 0));
	const sheet = new Pix(perLine * T, Math.ceil(tiles.length / perLine) * T);
	tiles.forEach((tile, i) => sheet.draw(tile, (i % perLine) * T, Math.floor(i / perLine) * T));
	return {
		sheet,
		atlas: {
			image: 'ground.png',
			tile: T,
			perLine,
			terrains,
			grass: grassAt,
			decals: decalAt,
			decalCount: flat.length,
			bridge: bridgeAt
		}
	};
}
