// Agents and people, 16×24: a body that every provider shares, and an outfit with its own silhouette.
// Rows of a frame strip: direction × pose; the fourth direction mirrors the third.
import { HUES, RAMPS, buildOutlines } from './palette.js';
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

/** A tin head with a screen for a face: `shell` shows a prompt, `scripted` two lamps. */
function robotHead(p, dir, c, y, outfit, asleep) {
	const [dark, mid, light] = c.coat;
	p.rect(4, y, 8, 8, stone[3]).rect(4, y, 8, 1, stone[4]).rect(4, y, 1, 7, stone[4]);
	p.rect(11, y + 1, 1, 7, stone[2]).rect(4, y + 7, 8, 1, stone[1]);
	if (dir !== 'up') {
		const x = dir === 'right' ? 6 : 5;
		p.rect(x, y + 2, 6, 4, night[0]);
		if (!asleep) {
			if (outfit === 'shell')
				p.set(x + 1, y + 2, light)
					.set(x + 2, y + 3, light)
					.set(x + 1, y + 4, light)
					.rect(x + 3, y + 5, 2, 1, light);
			else p.rect(x + 1, y + 3, 1, 2, gold[2]).rect(x + 4, y + 3, 1, 2, gold[2]);
		} else p.rect(x + 1, y + 4, 4, 1, outfit === 'shell' ? mid : gold[0]);
	} else p.rect(6, y + 2, 4, 1, stone[1]).rect(6, y + 4, 4, 1, stone[1]);
	if (outfit === 'shell')
		p.rect(7, y - 2, 2, 2, dark)
			.rect(7, y - 3, 2, 1, light)
			.rect(3, y + 3, 1, 2, mid)
			.rect(12, y + 3, 1, 2, dark);
	else {
		p.rect(5, y - 1, 6, 1, c.scarf[0])
			.rect(6, y - 2, 4, 1, c.scarf[1])
			.set(7, y - 3, gold[2]);
		if (dir === 'up')
			p.rect(7, y + 10, 2, 2, gold[1])
				.rect(5, y + 12, 2, 2, gold[2])
				.rect(9, y + 12, 2, 2, gold[2]);
		if (dir === 'right') p.rect(3, y + 11, 2, 1, gold[1]).rect(2, y + 10, 1, 3, gold[2]);
	}
}

/** What tells the providers apart from afar: the hat and one thing worn. `y` is the top of the skull. */
function dress(p, dir, outfit, c, y, top) {
	const [dark, mid, light] = c.coat;
	const front = dir === 'down';
	const right = dir === 'right';
	if (outfit !== 'person') {
		p.rect(right ? 6 : 5, top, right ? 5 : 6, 1, c.scarf[0])
			.set(right ? 6 : 5, top, c.scarf[1])
			.set(6, top, c.scarf[1]);
		if (dir === 'up') p.rect(6, top + 1, 1, 3, c.scarf[1]);
	}
	if (outfit === 'claude_code') {
		// An artisan: soft hood and a leather apron
		p.rect(5, y - 2, 6, 1, light)
			.rect(4, y - 1, 8, 2, mid)
			.rect(3, y + 1, 2, 5, mid)
			.rect(11, y + 1, 2, 5, dark);
		p.rect(4, y - 1, 3, 1, light)
			.set(3, y + 1, light)
			.set(3, y + 2, light)
			.rect(8, y - 3, 2, 1, mid)
			.set(10, y - 3, dark);
		if (dir === 'up')
			p.rect(4, y, 8, 7, mid)
				.rect(9, y + 1, 3, 6, dark)
				.rect(5, y, 2, 4, light);
		if (right)
			p.rect(3, y, 4, 6, mid)
				.rect(3, y, 1, 4, light)
				.rect(3, y + 5, 3, 1, dark)
				.rect(11, y + 1, 2, 5, null)
				.rect(11, y + 1, 1, 1, mid);
		if (front)
			p.rect(6, top + 2, 4, 4, earth[4])
				.rect(6, top + 2, 1, 3, earth[5])
				.rect(7, top + 4, 2, 1, earth[3]);
	} else if (outfit === 'codex') {
		// A scholar: flat cap with tassel, spectacles
		p.rect(4, y - 1, 8, 2, dark)
			.rect(2, y - 2, 12, 1, mid)
			.rect(4, y - 3, 8, 1, light)
			.rect(2, y - 2, 4, 1, light);
		p.rect(13, y - 1, 1, 3, gold[2]);
		if (front)
			p.rect(5, y + 3, 3, 1, stone[1])
				.rect(8, y + 3, 3, 1, stone[1])
				.set(5, y + 5, stone[4])
				.set(10, y + 5, stone[4]);
		if (right) p.rect(9, y + 3, 3, 1, stone[1]);
		if (front) p.rect(7, top + 1, 2, 4, earth[6]).rect(7, top + 2, 2, 1, stone[3]);
	} else if (outfit === 'gemini_cli') {
		// A stargazer: pointed hat with two stars
		p.rect(2, y, 12, 1, dark)
			.rect(3, y - 1, 10, 1, mid)
			.rect(4, y - 2, 8, 1, mid)
			.rect(5, y - 3, 6, 1, mid)
			.rect(6, y - 4, 4, 1, mid);
		p.set(8, y - 5, mid)
			.set(9, y - 5, dark)
			.rect(4, y - 2, 2, 1, light)
			.rect(5, y - 3, 2, 1, light)
			.set(6, y - 4, light)
			.set(3, y - 1, light);
		p.set(7, y - 2, gold[3]).set(10, y - 1, gold[3]);
		if (front) p.set(7, top + 3, gold[3]).set(8, top + 4, light);
	} else if (outfit === 'opencode') {
		// A tinkerer: dark cap, amber visor pushed up
		p.rect(4, y - 1, 8, 2, mid)
			.rect(5, y - 2, 6, 1, light)
			.rect(4, y, 8, 1, dark);
		if (front) p.rect(5, y, 6, 2, c.trim).rect(5, y, 2, 1, gold[3]).rect(7, y, 2, 2, dark);
		if (right) p.rect(8, y, 5, 2, c.trim).set(8, y, gold[3]);
		if (front) p.rect(6, top + 2, 1, 4, c.trim).rect(9, top + 2, 1, 4, c.trim);
	} else if (outfit === 'omnara') {
		// A messenger: beret with a feather, satchel
		p.rect(3, y - 1, 9, 2, mid)
			.rect(4, y - 2, 7, 1, mid)
			.rect(4, y - 2, 3, 1, light)
			.rect(3, y, 9, 1, dark);
		p.rect(11, y - 5, 1, 4, earth[6]).rect(12, y - 4, 1, 2, light);
		p.line(right ? 6 : 5, top + 1, right ? 10 : 10, top + 5, earth[3]);
		if (!right) p.rect(10, top + 4, 3, 3, earth[3]).rect(10, top + 4, 3, 1, earth[4]);
	} else if (outfit === 'custom') {
		// A builder: straw hat, overalls
		p.rect(2, y + 1, 12, 1, gold[1])
			.rect(2, y, 12, 1, gold[2])
			.rect(4, y - 2, 8, 2, gold[2])
			.rect(5, y - 3, 6, 1, gold[3]);
		p.rect(4, y - 1, 8, 1, mid)
			.rect(2, y, 4, 1, gold[3])
			.rect(10, y - 2, 2, 1, gold[1]);
		if (front)
			p.rect(6, top + 2, 4, 4, night[3])
				.set(6, top + 1, night[3])
				.set(9, top + 1, night[3]);
	} else if (outfit === 'person') {
		// People wear no tools: a short cloak, a bare head, a pin
		p.rect(4, top, 8, 3, mid)
			.rect(4, top, 2, 3, light)
			.rect(11, top, 1, 4, dark)
			.rect(4, top + 3, 7, 1, dark);
		if (dir === 'up')
			p.rect(4, top, 8, 5, mid)
				.rect(4, top, 2, 5, light)
				.rect(10, top + 1, 2, 4, dark);
		if (front) p.set(8, top, gold[3]).rect(7, top + 1, 2, 3, earth[6]);
	} else if (outfit === 'shell' && front)
		p.rect(6, top + 2, 4, 3, night[1]).rect(7, top + 3, 2, 1, light);
	else if (outfit === 'scripted' && front)
		p.rect(7, top + 2, 2, 2, gold[2])
			.set(6, top + 5, stone[1])
			.set(9, top + 5, stone[1]);
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
