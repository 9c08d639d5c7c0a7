// The runner's workshop and what stands in its yard and before the houses: crates, pallet, anvil, machine.
import { RAMPS, buildOutlines } from './palette.js';
import { planks, stones } from './materials.js';
import { Pix, noise } from './pix.js';

const { earth, stone, rust, gold, leaf, night, water } = RAMPS;
const outlines = buildOutlines();
const done = (p) => p.outline(outlines, earth[0]);

/** The runner's workshop: 'open' with its forge alight, 'closed' with shutters, 'repairs' boarded up. */
function workshop(state) {
	const p = new Pix(96, 88);
	const base = 84;
	// Chimney of the forge
	for (let j = 0; j < 26; j++)
		for (let i = 0; i < 11; i++)
			p.set(
				72 + i,
				8 + j,
				j % 3 === 2 || (i + (Math.floor(j / 3) % 2) * 2) % 5 === 4
					? rust[0]
					: i < 4
						? rust[2]
						: rust[1]
			);
	p.rect(70, 6, 15, 3, stone[2]).rect(70, 6, 15, 1, stone[4]).rect(73, 6, 9, 1, night[0]);
	// Walls of dark timber on stone
	for (let j = 0; j < 36; j++)
		for (let i = 0; i < 80; i++) {
			const k = i % 6;
			p.set(
				8 + i,
				base - 36 + j,
				k === 5 ? earth[1] : k === 0 ? earth[3] : noise(i, j >> 2, 4) > 0.8 ? earth[1] : earth[2]
			);
		}
	stones(p, 8, base - 8, 80, 8);
	for (const x of [8, 85])
		p.rect(x, base - 36, 3, 28, earth[1]).rect(x, base - 36, 1, 28, earth[3]);
	// Roof of slate with a skylight
	for (let j = 0; j < 34; j++) {
		const inset = Math.round((1 - j / 34) * 9);
		for (let i = inset; i < 88 - inset; i++) {
			const lit = 0.95 - i / 170 - j / 90;
			const row = Math.floor(j / 4);
			const seam = j % 4 === 3 || (i + (row % 2) * 4) % 8 === 7;
			p.set(
				4 + i,
				base - 66 + j,
				seam
					? night[lit > 0.7 ? 1 : 0]
					: lit + noise((i + (row % 2) * 4) >> 3, row, 6) * 0.4 > 0.95
						? night[3]
						: night[2]
			);
		}
	}
	p.rect(13, base - 66, 70, 2, night[4])
		.rect(4, base - 34, 88, 2, night[1])
		.rect(8, base - 32, 80, 2, earth[0]);
	p.rect(22, base - 56, 18, 9, night[0])
		.rect(23, base - 55, 16, 7, water[1])
		.rect(24, base - 54, 5, 3, water[3])
		.rect(31, base - 55, 1, 7, night[1]);
	// Hanging sign: a gear
	p.rect(44, base - 44, 12, 12, earth[1]).rect(45, base - 43, 10, 10, earth[5]);
	p.ellipse(49.5, base - 38.5, 3.4, 3.4, earth[2]).ellipse(49.5, base - 38.5, 1.2, 1.2, earth[5]);
	for (const [x, y] of [
		[49, -43],
		[49, -35],
		[45, -39],
		[53, -39],
		[46, -42],
		[52, -42],
		[46, -36],
		[52, -36]
	])
		p.rect(x, base + y, 2, 2, earth[2]);
	// The wide door
	const dx = 30;
	const dw = 38;
	const dy = base - 28;
	p.rect(dx - 3, dy - 3, dw + 6, 31, earth[1]).rect(dx - 3, dy - 3, dw + 6, 2, earth[4]);
	if (state === 'open') {
		p.rect(dx, dy, dw, 28, night[0]).rect(dx + 2, dy + 2, dw - 4, 12, '#2a2036');
		p.ellipse(dx + 26, dy + 18, 7, 6, rust[1])
			.ellipse(dx + 26, dy + 19, 5, 4, rust[3])
			.ellipse(dx + 26, dy + 20, 3, 2.5, gold[3]);
		p.rect(dx + 18, dy + 23, 17, 5, stone[1]).rect(dx + 18, dy + 23, 17, 1, stone[3]);
		p.rect(dx + 4, dy + 18, 9, 3, stone[2])
			.rect(dx + 4, dy + 18, 9, 1, stone[4])
			.rect(dx + 7, dy + 21, 3, 4, stone[1])
			.rect(dx + 5, dy + 25, 7, 3, earth[3]);
		p.rect(dx + 3, dy + 5, 10, 1, earth[3])
			.rect(dx + 4, dy + 6, 1, 4, stone[3])
			.rect(dx + 7, dy + 6, 1, 3, stone[3])
			.rect(dx + 10, dy + 6, 1, 5, stone[2]);
		for (const x of [dx - 10, dx + dw + 2]) planks(p, x, dy, 8, 28, [earth[2], earth[3], earth[4]]);
	} else {
		for (let j = 0; j < 28; j++)
			p.rect(dx, dy + j, dw, 1, j % 4 === 3 ? stone[0] : j % 4 === 0 ? stone[2] : stone[1]);
		p.rect(dx + 17, dy + 23, 4, 2, stone[3]);
		if (state === 'repairs') {
			for (let t = 0; t < 3; t++) {
				p.line(dx - 3, dy + 3 + t, dx + dw + 2, dy + 21 + t, t === 2 ? earth[2] : earth[4]);
				p.line(dx - 3, dy + 21 + t, dx + dw + 2, dy + 3 + t, t === 2 ? earth[2] : earth[4]);
			}
			p.rect(dx + 8, dy + 8, 22, 11, gold[2]).rect(dx + 8, dy + 8, 22, 1, gold[3]);
			for (let i = 0; i < 22; i++)
				for (let j = 1; j < 11; j++) if ((i + j) % 8 < 3) p.set(dx + 8 + i, dy + 8 + j, night[1]);
		}
	}
	// Small windows beside the door
	for (const x of [14, 76]) {
		p.rect(x - 1, base - 24, 9, 9, earth[0])
			.rect(x, base - 23, 7, 7, state === 'open' ? gold[1] : night[1])
			.rect(x + 3, base - 23, 1, 7, earth[1])
			.rect(x, base - 20, 7, 1, earth[1]);
		if (state === 'open') p.rect(x, base - 23, 3, 3, gold[3]);
	}
	if (state === 'repairs') {
		for (const x of [6, 24])
			p.rect(x, base - 52, 2, 52, earth[4]).rect(x + 1, base - 52, 1, 52, earth[2]);
		for (const y of [base - 48, base - 26])
			p.rect(3, y, 26, 2, earth[5]).rect(3, y + 1, 26, 1, earth[3]);
		p.line(7, base - 26, 24, base - 47, earth[3]);
	}
	return done(p);
}

function crate() {
	const p = new Pix(16, 16);
	planks(p, 2, 4, 12, 10, [earth[2], earth[3], earth[4]]);
	p.rect(2, 2, 12, 3, earth[4])
		.rect(2, 2, 12, 1, earth[5])
		.rect(2, 4, 1, 10, earth[4])
		.rect(13, 4, 1, 10, earth[2])
		.line(3, 5, 12, 13, earth[4])
		.line(4, 5, 13, 13, earth[2]);
	return done(p);
}

function pallet() {
	const p = new Pix(64, 16);
	for (let i = 0; i < 6; i++)
		p.rect(2 + i * 10, 3, 9, 8, earth[3]).rect(2 + i * 10, 3, 9, 1, earth[4]);
	p.rect(2, 11, 59, 2, earth[1]);
	return done(p);
}

function anvil() {
	const p = new Pix(16, 16);
	p.rect(4, 9, 8, 5, earth[2]).rect(4, 9, 2, 5, earth[3]).rect(4, 11, 8, 1, earth[1]);
	p.rect(2, 4, 12, 3, stone[2])
		.rect(2, 4, 12, 1, stone[4])
		.rect(1, 5, 2, 1, stone[3])
		.rect(6, 7, 4, 2, stone[1]);
	return done(p);
}

function crank(frame) {
	const p = new Pix(20, 20);
	p.rect(3, 5, 10, 12, stone[1])
		.rect(3, 5, 10, 1, stone[3])
		.rect(3, 5, 1, 12, stone[2])
		.rect(4, 7, 6, 4, night[0])
		.set(5 + (frame % 4), 9, leaf[5])
		.set(5, 8, leaf[4]);
	p.rect(2, 16, 12, 2, earth[1])
		.rect(5, 13, 2, 2, frame & 1 ? gold[2] : rust[2])
		.set(9, 13, gold[1]);
	const [dx, dy] = [
		[3, -3],
		[4, 1],
		[2, 4],
		[0, -1]
	][frame];
	p.line(13, 11, 13 + dx, 11 + dy, stone[3]).rect(13 + dx, 10 + dy, 2, 2, rust[2]);
	return done(p);
}

/** Frames of the workshop in its three states and of the tools. */
export function drawWorkshop() {
	const frames = [];
	const add = (name, pix, foot, anchors) =>
		frames.push({ name, pix, anchor: [pix.width / 2, foot], ...(anchors ? { anchors } : {}) });
	for (const state of ['open', 'closed', 'repairs'])
		add(`workshop.${state}`, workshop(state), 84, {
			smoke: [77, 5],
			pallet: [16, 84],
			body: [4, 92]
		});
	add('crate', crate(), 14);
	add('pallet', pallet(), 13);
	add('anvil', anvil(), 14);
	for (let i = 0; i < 4; i++) add(`machine.${i}`, crank(i), 18);
	return frames;
}
