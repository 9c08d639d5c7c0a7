// Houses, one per language family and size. Built from walls, roofs, gables, windows and a chimney, lit from the upper left.
// Every frame carries anchors in pixels: door (doorstep), sign, smoke, flag (mailbox side), windows [x, y, w, h].
import { RAMPS, buildOutlines } from './palette.js';
import { Pix, noise, bayer } from './pix.js';

const { earth, stone, rust, gold, leaf, night, water, plum } = RAMPS;

const SLATE = [night[1], night[2], night[3], night[4]];
const TILE = [rust[0], rust[1], rust[2], rust[3]];
const THATCH = [gold[0], gold[1], gold[2], gold[3]];
const MOSS = [leaf[0], leaf[1], leaf[2], leaf[3]];
const SEA = [water[0], water[1], water[2], water[3]];
const PLUM = [plum[0], plum[1], plum[2], plum[3]];
const BARK = [earth[0], earth[1], earth[2], earth[3]];
const GREY = [stone[0], stone[1], stone[2], stone[3]];

const PLASTER = { kind: 'plaster', tones: [earth[4], earth[5], earth[6]], beam: earth[2] };
const TIMBER = { kind: 'plaster', tones: [stone[3], stone[4], earth[6]], beam: earth[1] };
const LOG = { kind: 'log', tones: [earth[1], earth[2], earth[3]], beam: earth[1] };
const STONE = { kind: 'stone', tones: [stone[1], stone[2], stone[3]], beam: stone[0] };
const BRICK = { kind: 'brick', tones: [rust[1], rust[2], rust[3]], beam: rust[0] };
const BOARD = { kind: 'board', tones: [earth[3], earth[4], earth[5]], beam: earth[2] };
const PALE = { kind: 'board', tones: [night[4], stone[4], '#f3f3ec'], beam: night[3] };

/** Language families: what the walls and the roof are made of. */
export const FAMILIES = {
	script: { roof: THATCH, wall: TIMBER, door: leaf[1], trim: earth[1] },
	snake: { roof: SEA, wall: PLASTER, door: rust[1], trim: earth[2] },
	systems: { roof: TILE, wall: STONE, door: earth[2], trim: stone[0] },
	jvm: { roof: BARK, wall: BRICK, door: water[1], trim: earth[1] },
	gopher: { roof: SLATE, wall: PALE, door: gold[1], trim: night[2] },
	gem: { roof: TILE, wall: PLASTER, door: plum[1], trim: earth[2] },
	net: { roof: PLUM, wall: TIMBER, door: plum[0], trim: earth[1] },
	page: { roof: MOSS, wall: LOG, door: gold[1], trim: earth[0] },
	plain: { roof: GREY, wall: BOARD, door: water[1], trim: earth[1] }
};

export const SIZES = {
	tiny: [48, 56],
	small: [64, 64],
	medium: [72, 72],
	large: [88, 88],
	huge: [96, 96]
};

const outlines = buildOutlines();

function wall(p, x, y, w, h, material) {
	const [dark, mid, light] = material.tones;
	for (let j = 0; j < h; j++)
		for (let i = 0; i < w; i++) {
			let c = mid;
			if (material.kind === 'stone') {
				const row = Math.floor(j / 4);
				const k = (i + (row % 2) * 3) % 7;
				c = j % 4 === 3 || k === 6 ? dark : j % 4 === 0 && k < 4 ? light : mid;
				if (c === mid && noise(Math.floor((i + (row % 2) * 3) / 7), row, x) > 0.75) c = light;
			} else if (material.kind === 'brick') {
				const row = Math.floor(j / 3);
				c = j % 3 === 2 || (i + (row % 2) * 3) % 6 === 5 ? dark : mid;
				if (c === mid && noise(Math.floor((i + (row % 2) * 3) / 6), row, 9) > 0.72) c = light;
			} else if (material.kind === 'log') {
				c = j % 5 === 4 ? dark : j % 5 === 0 ? light : mid;
				if (c === mid && noise(i >> 2, j, 5) > 0.86) c = dark;
			} else if (material.kind === 'board') {
				c = j % 4 === 3 ? dark : mid;
				if (c === mid && j % 4 === 0) c = light;
			} else if (noise(x + i, y + j, 3) > 0.965) c = dark;
			else if (i < w * 0.45 && bayer(i, j) < 0.5 - i / w) c = light;
			if (i >= w - 2 && c !== dark) c = material.kind === 'plaster' ? dark : mid;
			p.set(x + i, y + j, c);
		}
	// Feet of stone, and beams where the house is timbered
	p.rect(x, y + h - 3, w, 3, stone[1]);
	for (let i = 0; i < w; i += 5)
		p.rect(x + i, y + h - 3, 3, 1, stone[2]).rect(x + i + 4, y + h - 2, 1, 2, stone[0]);
	if (material.kind === 'plaster' || material.kind === 'log') {
		p.rect(x, y, 2, h - 3, material.beam).rect(x + w - 2, y, 2, h - 3, material.beam);
	}
}

/** Shadow that the eaves throw on a wall. */
function eaveShadow(p, x, y, w, material) {
	const [dark] = material.tones;
	for (let i = 0; i < w; i++) {
		p.set(x + i, y, material.beam).set(x + i, y + 1, dark);
		if (bayer(x + i, y + 2) < 0.5) p.set(x + i, y + 2, dark);
	}
}

/** Colour of one shingle pixel; `lit` 0..1 says how much light the place gets. */
function shingle(roof, u, v, lit) {
	const row = Math.floor(v / 4);
	const k = (u + (row % 2) * 3 + 600) % 6;
	const j = v % 4;
	if (j === 3) return roof[0 + (lit > 0.75 ? 1 : 0)];
	if (k === 5) return lit > 0.5 ? roof[1] : roof[0];
	const tone = noise(Math.floor((u + (row % 2) * 3 + 600) / 6), row, 17) * 0.5 + lit;
	if (j === 0) return tone > 0.75 ? roof[3] : roof[2];
	return tone > 1.02 ? roof[3] : tone > 0.42 ? roof[2] : roof[1];
}

/** A hipped roof with a level ridge: narrower at the top. */
function roofSide(p, x, y, w, h, roof) {
	for (let j = 0; j < h; j++) {
		const inset = Math.round((1 - j / h) * Math.min(7, w * 0.1));
		for (let i = inset; i < w - inset; i++) {
			const lit = 0.95 - (i / w) * 0.45 - (j / h) * 0.35;
			p.set(x + i, y + j, shingle(roof, i, j + 1, lit));
		}
		p.set(x + inset, y + j, roof[3]).set(x + w - inset - 1, y + j, roof[0]);
	}
	const top = Math.min(7, Math.round(w * 0.1));
	p.rect(x + top, y, w - 2 * top, 2, roof[3]).rect(x + top, y + 2, w - 2 * top, 1, roof[1]);
	for (let i = top + 4; i < w - top; i += 6) p.rect(x + i, y, 1, 2, roof[2]);
	p.rect(x, y + h - 2, w, 1, roof[2]).rect(x, y + h - 1, w, 1, roof[0]);
}

/** A gable that faces us: two slopes swept back by `depth`, a triangle of wall in front. */
function gable(p, x, y, w, rise, depth, roof, material) {
	const half = w / 2;
	const slope = rise / half;
	for (let i = 0; i < w; i++) {
		const left = i < half;
		const edge = Math.round((left ? half - 1 - i : i - half) * slope);
		for (let t = 0; t < depth; t++) {
			const yy = y + depth + edge - t - 1;
			const lit = left ? 0.9 - (t / depth) * 0.2 : 0.3 + (1 - t / depth) * 0.1;
			p.set(x + i, yy, shingle(roof, t + (left ? 0 : 3), left ? i : w - i, lit));
		}
	}
	for (let t = 0; t < depth; t++)
		p.set(x + Math.floor(half) - 1, y + t, roof[3]).set(x + Math.floor(half), y + t, roof[2]);
	// Wall inside the gable, then the barge boards
	for (let i = 3; i < w - 3; i++) {
		const edge = Math.round((i < half ? half - 1 - i : i - half) * slope);
		for (let yy = y + depth + edge; yy < y + depth + rise; yy++) {
			const shade = yy < y + depth + edge + 4;
			p.set(
				x + i,
				yy,
				shade ? material.tones[0] : i < half ? material.tones[2] : material.tones[1]
			);
		}
	}
	for (let i = 0; i < w; i++) {
		const edge = Math.round((i < half ? half - 1 - i : i - half) * slope);
		const yy = y + depth + edge;
		p.set(x + i, yy, i < half ? roof[3] : roof[2])
			.set(x + i, yy + 1, i < half ? roof[2] : roof[1])
			.set(x + i, yy + 2, roof[0]);
	}
}

function door(p, x, y, w, h, family) {
	p.rect(x - 1, y - 1, w + 2, h + 1, family.trim);
	p.rect(x, y, w, h, family.door);
	for (let i = 2; i < w; i += 3) p.rect(x + i, y, 1, h, family.trim);
	p.rect(x, y, w, 1, earth[0]).set(x + w - 2, y + Math.floor(h / 2) + 1, gold[3]);
	p.rect(x, y + 1, 1, h - 1, night[4] === family.door ? stone[4] : family.door);
	p.rect(x - 2, y + h, w + 4, 2, stone[2])
		.rect(x - 2, y + h, w + 4, 1, stone[3])
		.rect(x - 2, y + h + 1, w + 4, 1, stone[1]);
}

/** A window by day; the list collects where to light it. */
function windowAt(p, list, x, y, w, h, family, box) {
	p.rect(x - 1, y - 1, w + 2, h + 2, family.trim);
	p.rect(x, y, w, h, night[2]).rect(x, y, w, 1, night[1]);
	p.rect(x, y + 1, Math.ceil(w / 2) - 1, Math.ceil(h / 2) - 1, night[4]).set(
		x + w - 1,
		y + h - 1,
		night[3]
	);
	p.rect(x + Math.floor(w / 2), y, 1, h, family.trim).rect(
		x,
		y + Math.floor(h / 2),
		w,
		1,
		family.trim
	);
	p.rect(x - 2, y + h + 1, w + 4, 1, earth[3]);
	if (box) {
		p.rect(x - 2, y + h + 1, w + 4, 2, earth[2]);
		for (let i = -2; i < w + 2; i++) {
			p.set(x + i, y + h, leaf[(i & 1) + 3]);
			if ((i + x) % 3 === 0)
				p.set(x + i, y + h - 1, [rust[3], gold[3], plum[3]][(x + i) % 3 === 0 ? (x >> 1) % 3 : 1]);
		}
	}
	list.push([x, y, w, h]);
}

function chimney(p, x, y, h) {
	for (let j = 0; j < h; j++)
		for (let i = 0; i < 7; i++) {
			const seam = j % 3 === 2 || (i + (Math.floor(j / 3) % 2) * 2) % 4 === 3;
			p.set(x + i, y + j, seam ? rust[1] : i < 3 ? rust[3] : rust[2]);
		}
	p.rect(x - 1, y, 9, 2, stone[3])
		.rect(x - 1, y + 1, 9, 1, stone[1])
		.rect(x + 1, y, 5, 1, night[0]);
}

/** Ivy and bushes that ground the walls. */
function plants(p, x, y, w, seed) {
	for (let i = 0; i < w; i++) {
		const h = Math.round(2 + 4 * noise(i >> 1, 1, seed));
		if (noise(i >> 3, 2, seed) < 0.45) continue;
		for (let j = 0; j < h; j++) p.set(x + i, y - j, leaf[j > h - 2 ? 4 : j > h - 4 ? 3 : 2]);
		if (noise(i, 3, seed) > 0.86) p.set(x + i, y - h + 1, [rust[4], gold[3], plum[3]][seed % 3]);
	}
}

/** The picture of one house with its anchors. */
export function drawHouse(familyName, size) {
	const family = FAMILIES[familyName];
	const [W, H] = SIZES[size];
	const p = new Pix(W, H);
	const windows = [];
	const seed = Object.keys(FAMILIES).indexOf(familyName);
	const base = H - 3;
	const roof = family.roof;
	const w0 = family.wall;
	let doorAt;
	let smoke;
	if (size === 'tiny') {
		const x = 7;
		const w = W - 14;
		const wallH = 17;
		chimney(p, x + w - 9, 6, 18);
		smoke = [x + w - 6, 5];
		wall(p, x, base - wallH, w, wallH, w0);
		gable(p, x - 4, 8, w + 8, 19, 12, roof, w0);
		doorAt = [W / 2 - 4, base - 13];
		door(p, doorAt[0], doorAt[1], 8, 11, family);
		windowAt(p, windows, x + 4, base - 13, 5, 5, family, true);
		windowAt(p, windows, x + w - 9, base - 13, 5, 5, family, true);
		windowAt(p, windows, W / 2 - 2, base - 24, 4, 4, family, false);
		plants(p, x - 2, base, 11, seed + 3);
		plants(p, x + w - 9, base, 11, seed + 7);
	} else if (size === 'small') {
		const x = 7;
		const w = W - 14;
		const wallH = 19;
		chimney(p, x + w - 13, 4, 16);
		smoke = [x + w - 10, 3];
		wall(p, x, base - wallH, w, wallH, w0);
		eaveShadow(p, x, base - wallH, w, w0);
		roofSide(p, x - 4, base - wallH - 29, w + 8, 31, roof);
		doorAt = [W / 2 - 5, base - 14];
		door(p, doorAt[0], doorAt[1], 9, 12, family);
		windowAt(p, windows, x + 5, base - 14, 7, 6, family, true);
		windowAt(p, windows, x + w - 12, base - 14, 7, 6, family, true);
		dormer(p, windows, W / 2 - 9, base - wallH - 24, 18, family);
		plants(p, x - 2, base, 18, seed + 5);
		plants(p, x + w - 16, base, 18, seed + 2);
	} else if (size === 'medium') {
		const x = 7;
		const w = W - 14;
		const wallH = 21;
		chimney(p, x + 8, 6, 16);
		smoke = [x + 11, 5];
		wall(p, x, base - wallH, w, wallH, w0);
		eaveShadow(p, x, base - wallH, w, w0);
		roofSide(p, x - 4, base - wallH - 32, w + 8, 34, roof);
		const gx = x + w - 32;
		wall(p, gx + 3, base - wallH, 28, wallH, w0);
		gable(p, gx - 1, base - wallH - 32, 36, 18, 16, roof, w0);
		doorAt = [gx + 12, base - 15];
		door(p, doorAt[0], doorAt[1], 9, 13, family);
		windowAt(p, windows, gx + 14, base - wallH - 8, 5, 5, family, false);
		windowAt(p, windows, x + 4, base - 15, 7, 7, family, true);
		windowAt(p, windows, x + 16, base - 15, 7, 7, family, true);
		plants(p, x - 2, base, 26, seed + 1);
	} else {
		const x = 7;
		const w = W - 14;
		const storey = size === 'huge' ? 22 : 20;
		const wallH = size === 'huge' ? 38 : 30;
		const roofH = size === 'huge' ? 34 : 38;
		chimney(p, x + w - 14, base - wallH - roofH - 4, 16);
		smoke = [x + w - 11, base - wallH - roofH - 5];
		wall(p, x, base - wallH, w, wallH, w0);
		eaveShadow(p, x, base - wallH, w, w0);
		if (size === 'huge')
			p.rect(x, base - storey, w, 2, w0.beam).rect(x, base - storey + 2, w, 1, w0.tones[0]);
		roofSide(p, x - 4, base - wallH - roofH + 2, w + 8, roofH, roof);
		const gw = 38;
		const gx = Math.round(x + w / 2 - gw / 2) - (size === 'large' ? 12 : 0);
		wall(p, gx + 4, base - wallH, gw - 8, wallH, w0);
		gable(p, gx, base - wallH - 36 + (size === 'large' ? 2 : 6), gw, 18, 16, roof, w0);
		doorAt = [gx + gw / 2 - 5, base - 15];
		door(p, doorAt[0], doorAt[1], 10, 13, family);
		awning(p, doorAt[0] - 4, base - 21, 18, roof);
		windowAt(p, windows, gx + gw / 2 - 3, base - wallH - 7, 6, 6, family, false);
		for (const wx of [x + 5, x + w - 13]) {
			windowAt(p, windows, wx, base - 15, 8, 7, family, true);
			if (size === 'huge') windowAt(p, windows, wx, base - 34, 8, 7, family, true);
		}
		if (size === 'large') {
			windowAt(p, windows, x + w - 27, base - 15, 8, 7, family, true);
			dormer(p, windows, x + w - 32, base - wallH - 30, 20, family);
		} else {
			windowAt(p, windows, gx + 7, base - 33, 6, 7, family, false);
			windowAt(p, windows, gx + gw - 13, base - 33, 6, 7, family, false);
			dormer(p, windows, x + 2, base - wallH - 25, 17, family);
			dormer(p, windows, x + w - 19, base - wallH - 25, 17, family);
		}
		plants(p, x - 3, base, 18, seed + 4);
		plants(p, x + w - 18, base, 21, seed + 6);
	}
	p.outline(outlines, earth[0]);
	const doorX = Math.round(doorAt[0] + 5);
	return {
		pix: p,
		anchor: [doorX, H - 2],
		anchors: {
			door: [doorX, H - 2],
			smoke,
			sign: [doorX + 12, H - 2],
			flag: [doorX - 13, H - 2],
			scaffold: [3, H - 2],
			body: [4, W - 4],
			windows
		}
	};
}

function dormer(p, windows, x, y, w, family) {
	wall(p, x + 3, y + 10, w - 6, 10, { ...family.wall, kind: 'none' });
	gable(p, x, y, w, Math.round(w * 0.42), 8, family.roof, family.wall);
	windowAt(p, windows, x + w / 2 - 3, y + 11, 6, 5, family, false);
}

function awning(p, x, y, w, roof) {
	for (let j = 0; j < 5; j++)
		for (let i = -j >> 1; i < w + (j >> 1); i++)
			p.set(x + i, y + j, j === 4 ? roof[0] : i % 6 < 3 ? (j < 2 ? roof[3] : roof[2]) : earth[6]);
	p.rect(x - 1, y + 4, 1, 16, earth[2]).rect(x + w, y + 4, 1, 16, earth[1]);
}

/** The same windows with lamps behind them, everything else transparent. */
export function drawLit(house) {
	const p = new Pix(house.pix.width, house.pix.height);
	for (const [x, y, w, h] of house.anchors.windows)
		for (let j = 0; j < h; j++)
			for (let i = 0; i < w; i++) {
				if (house.pix.get(x + i, y + j) === house.pix.get(x - 1, y)) continue;
				p.set(x + i, y + j, j < h / 2 ? gold[3] : gold[2]);
			}
	return p;
}
