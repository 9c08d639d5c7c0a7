// Agents and people, 16×24: a body that every provider shares, and an outfit with its own silhouette.
// Rows of a frame strip: direction × pose; the fourth direction mirrors the third.
import { HUES, RAMPS, buildOutlines } from './palette.js';
import { dress, robotHead } from './outfits.js';
import { Pix } from './pix.js';

export const POSES = [
	['walk', 4],
	['work', 4],
	['crank', 4],
	['sit', 1],
	['read', 1],
	['sign', 1],
	['jump', 1],
	['sleep', 1]
];
export const DIRECTIONS = ['down', 'up', 'right', 'left'];
export const VARIANTS = 6;
export const OUTFITS = [...Object.keys(HUES), 'person'];
export const CELL = { w: 16, h: 24 };

const { earth, stone, gold, rust, night, leaf, skin, plum, water } = RAMPS;
const HAIR = [
	[earth[0], earth[1], earth[2]],
	[rust[0], rust[1], rust[2]],
	[gold[0], gold[1], gold[2]],
	[night[0], night[1], night[2]],
	[earth[1], earth[2], earth[3]],
	[stone[1], stone[3], stone[4]]
];
const SKIN = [
	[skin[0], skin[1], skin[2]],
	[earth[2], skin[0], skin[1]],
	[earth[1], earth[2], earth[3]]
];
const SCARF = [
	[gold[1], gold[2]],
	[water[1], water[3]],
	[rust[1], rust[3]],
	[leaf[2], leaf[4]],
	[plum[1], plum[3]],
	[earth[4], earth[6]]
];
const CLOAK = [
	[rust[0], rust[1], rust[2], rust[3]],
	[leaf[0], leaf[1], leaf[2], leaf[4]],
	[water[0], water[1], water[2], water[3]],
	[plum[0], plum[1], plum[2], plum[3]],
	[earth[1], gold[0], gold[1], gold[2]],
	[night[0], night[2], night[3], night[4]]
];

/** Colours of one villager: outfit by provider, skin, hair and scarf by variant. */
function wardrobe(outfit, variant) {
	const hue = HUES[outfit];
	const cloak = CLOAK[variant];
	const base = {
		skin: SKIN[[0, 1, 0, 2, 0, 1][variant]],
		hair: HAIR[variant],
		scarf: SCARF[variant],
		legs: [earth[0], earth[1], earth[2]],
		boots: earth[0]
	};
	if (outfit === 'person') return { ...base, coat: [cloak[1], cloak[2], cloak[3]], robot: false };
	if (outfit === 'opencode')
		return { ...base, coat: [hue[0], hue[1], stone[2]], trim: hue[2], robot: false };
	return { ...base, coat: hue, trim: gold[2], robot: outfit === 'shell' || outfit === 'scripted' };
}

const leg = (p, x, y, h, w, c) => {
	p.rect(x, y, w, h, c.legs[1]);
	p.set(x, y, c.legs[2]);
	p.rect(x, y + h - 1, w, 1, c.boots);
};

/** Torso, arms and legs for a pose; returns how far the head is lifted (negative) or lowered. */
function body(p, dir, pose, frame, c) {
	const side = dir === 'right';
	const step = pose === 'walk' ? frame : 0;
	let bob = pose === 'walk' && (frame === 1 || frame === 3) ? -1 : 0;
	if (pose === 'jump') bob = -1;
	if (pose === 'sit' || pose === 'sleep') bob = 3;
	if (pose === 'work') bob = [0, -1, 1, 0][frame];
	if (pose === 'crank') bob = [0, 1, 1, 0][frame];
	const top = 13 + bob;
	const legTop = 18;
	// Legs
	if (pose === 'sit' || pose === 'sleep') {
		if (side) {
			p.rect(7, 20, 5, 2, c.legs[1]).rect(11, 20, 1, 2, c.boots).rect(7, 20, 4, 1, c.legs[2]);
		} else {
			p.rect(5, 20, 2, 2, c.legs[1]).rect(9, 20, 2, 2, c.legs[1]);
			p.rect(5, 21, 2, 1, c.boots).rect(9, 21, 2, 1, c.boots);
		}
	} else if (pose === 'jump') {
		leg(p, 4, 18, 3, 2, c);
		leg(p, 10, 18, 3, 2, c);
	} else if (side) {
		const swing = [0, 2, 0, -2][step];
		if (pose === 'walk' && swing !== 0) {
			leg(p, 7 - swing, legTop, 3, 2, c);
			leg(p, 7 + swing, legTop, 4, 2, c);
		} else leg(p, 6, legTop, 4, 4, c);
	} else {
		const lift = [0, 1, 0, -1][step];
		leg(p, 5, legTop, lift === 1 ? 3 : 4, 2, c);
		leg(p, 9, legTop, lift === -1 ? 3 : 4, 2, c);
		p.rect(7, legTop, 2, 1, c.legs[0]);
	}
	// Torso: lit from the upper left
	const [dark, mid, light] = c.coat;
	const height = Math.max(3, (pose === 'sit' || pose === 'sleep' ? 20 : 18) - top + 1);
	const x0 = side ? 6 : 5;
	const w = side ? 5 : 6;
	p.rect(x0, top, w, height, mid);
	p.rect(x0, top, 1, height, light).rect(x0 + w - 1, top + 1, 1, height - 1, dark);
	p.rect(x0, top + height - 1, w, 1, dark);
	// Arms
	const arm = (x, y, h, colour = mid) => {
		p.rect(x, y, 1, h, colour).set(x, y + h, c.skin[1]);
	};
	if (pose === 'walk') {
		if (side) arm(8 + [0, -2, 0, 2][step], top + 1, 3, dark);
		else {
			arm(4, top + (step === 1 ? 0 : 1), 3, light);
			arm(11, top + (step === 3 ? 0 : 1), 3, dark);
		}
	} else if (pose === 'work') {
		const raise = [-3, -5, 1, 0][frame];
		if (side) {
			arm(10, top + 1, 2, dark);
			hammer(p, 11, top + raise, frame >= 2);
		} else {
			arm(4, top + 1, 3, light);
			p.rect(11, top + Math.min(1, raise + 2), 1, 3, dark).set(11, top + raise + 1, c.skin[1]);
			if (dir !== 'up') hammer(p, 12, top + raise - 1, frame >= 2);
		}
	} else if (pose === 'crank') {
		const dx = [0, 1, 0, -1][frame];
		const dy = [-1, 0, 1, 0][frame];
		if (side) arm(11 + Math.max(0, dx), top + 2 + dy, 1, dark);
		else {
			arm(4 + dx, top + 2 + dy, 1, light);
			arm(11 + dx, top + 2 + dy, 1, dark);
		}
	} else if (pose === 'read' && dir !== 'up') {
		const bx = side ? 9 : 5;
		p.rect(bx, top + 2, 6, 4, earth[6]).rect(bx + 2, top + 2, 1, 4, earth[4]);
		p.rect(bx, top + 5, 6, 1, rust[1])
			.set(bx, top + 2, rust[1])
			.set(bx + 5, top + 2, rust[1]);
		p.set(bx - 1, top + 4, c.skin[1]).set(bx + 6, top + 4, c.skin[1]);
	} else if (pose === 'sign') {
		p.rect(4, top + 1, 1, 2, light)
			.rect(11, top - 3, 1, 4, dark)
			.set(11, top - 4, c.skin[1]);
	} else if (pose === 'jump') {
		p.rect(4, top - 3, 1, 4, light).rect(11, top - 3, 1, 4, dark);
		p.set(4, top - 4, c.skin[1]).set(11, top - 4, c.skin[1]);
	} else if (pose === 'sit' && !side && dir === 'down') {
		// Hand at the chin
		p.rect(4, top + 1, 1, 3, light).set(5, top + 4, c.skin[1]);
		p.rect(11, top + 1, 1, 2, dark)
			.set(10, top, c.skin[1])
			.set(10, top + 1, dark);
	} else {
		if (side) arm(8, top + 1, 3, dark);
		else {
			arm(4, top + 1, 3, light);
			arm(11, top + 1, 3, dark);
		}
	}
	return bob;
}

function hammer(p, x, y, low) {
	p.rect(x, y, 1, 4, earth[3]);
	if (low) p.rect(x, y + 3, 3, 2, stone[2]).rect(x, y + 3, 3, 1, stone[3]);
	else p.rect(x - 1, y - 1, 3, 2, stone[2]).rect(x - 1, y - 1, 3, 1, stone[4]);
}

/** Head and face; `y` is the top row of the skull. */
function head(p, dir, c, y, asleep) {
	const [dark, mid, light] = c.skin;
	p.rect(4, y + 1, 8, 6, mid).rect(5, y, 6, 8, mid);
	p.rect(5, y + 1, 3, 3, light)
		.rect(11, y + 2, 1, 4, dark)
		.rect(6, y + 7, 5, 1, dark);
	const ink = night[0];
	if (dir === 'down') {
		if (asleep) p.rect(5, y + 5, 2, 1, ink).rect(9, y + 5, 2, 1, ink);
		else {
			p.rect(6, y + 4, 1, 2, ink).rect(9, y + 4, 1, 2, ink);
			p.set(5, y + 6, rust[3]).set(10, y + 6, rust[3]);
		}
	} else if (dir === 'right') {
		p.rect(10, y + 4, 1, asleep ? 1 : 2, ink).set(9, y + 6, rust[3]);
		p.set(12, y + 5, mid);
	}
}

function hair(p, dir, c, y) {
	const [dark, mid, light] = c.hair;
	p.rect(5, y - 1, 6, 1, mid)
		.rect(4, y, 8, 2, mid)
		.rect(5, y - 1, 3, 1, light)
		.rect(4, y, 2, 1, light);
	if (dir === 'down') {
		p.rect(4, y + 2, 1, 3, mid).rect(11, y + 2, 1, 3, dark);
		p.set(5, y + 2, mid)
			.set(6, y + 2, mid)
			.set(10, y + 2, dark);
	} else if (dir === 'up') {
		p.rect(4, y + 1, 8, 6, mid)
			.rect(5, y + 7, 6, 1, dark)
			.rect(10, y + 1, 2, 6, dark);
		p.rect(5, y + 1, 2, 3, light);
	} else
		p.rect(4, y + 1, 4, 5, mid)
			.rect(4, y + 5, 3, 2, dark)
			.rect(8, y + 1, 3, 1, mid)
			.rect(4, y + 1, 2, 2, light);
}

const outlines = buildOutlines();

/** One frame, 16×24. The feet stand on row 22. */
export function drawVillager(outfit, variant, dir, pose, frame) {
	if (dir === 'left')
		return new Pix(CELL.w, CELL.h).draw(
			drawVillager(outfit, variant, 'right', pose, frame),
			0,
			0,
			true
		);
	const p = new Pix(CELL.w, CELL.h);
	const c = wardrobe(outfit, variant);
	const bob = body(p, dir, pose, frame, c);
	const y = 6 + bob + (pose === 'sit' || pose === 'sleep' ? -1 : 0);
	const asleep = pose === 'sleep';
	if (c.robot) robotHead(p, dir, c, y, outfit, asleep);
	else {
		head(p, dir, c, y, asleep);
		hair(p, dir, c, y);
	}
	dress(p, dir, outfit, c, y, y + 8);
	return p.outline(outlines, earth[0]);
}

/** Frames in one long order (outfit, variant, direction, pose, frame), folded into lines of 128 cells. */
export function drawVillagerSheet() {
	const perLine = 128;
	const perSet = DIRECTIONS.length * POSES.reduce((n, [, count]) => n + count, 0);
	const lines = Math.ceil((OUTFITS.length * VARIANTS * perSet) / perLine);
	const sheet = new Pix(perLine * CELL.w, lines * CELL.h);
	let index = 0;
	for (const outfit of OUTFITS)
		for (let variant = 0; variant < VARIANTS; variant++)
			for (const dir of DIRECTIONS)
				for (const [pose, count] of POSES)
					for (let frame = 0; frame < count; frame++) {
						const x = (index % perLine) * CELL.w;
						const y = Math.floor(index / perLine) * CELL.h;
						sheet.draw(drawVillager(outfit, variant, dir, pose, frame), x, y);
						index++;
					}
	const atlas = {
		image: 'villagers.png',
		cell: CELL,
		perLine,
		perSet,
		feet: 22,
		outfits: OUTFITS,
		variants: VARIANTS,
		directions: DIRECTIONS,
		poses: POSES
	};
	return { sheet, atlas };
}
