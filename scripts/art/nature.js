// Trees that sway, bushes, stumps and stones.
import { RAMPS, buildOutlines } from './palette.js';
import { Pix, noise, bayer } from './pix.js';

const { earth, stone, leaf, rust, gold, plum } = RAMPS;
const outlines = buildOutlines();

function trunk(p, x, y, w, h) {
	for (let j = 0; j < h; j++)
		for (let i = 0; i < w; i++) {
			const c =
				i === 0
					? earth[3]
					: i >= w - 2
						? earth[1]
						: noise(i, j >> 1, 3) > 0.7
							? earth[1]
							: earth[2];
			p.set(x + i, y + j, c);
		}
	p.set(x - 1, y + h - 1, earth[2]).set(x + w, y + h - 1, earth[1]);
}

/** A crown of leaf clumps: each clump is lit from the upper left, the whole crown too. */
function crown(p, clumps, tones, seed) {
	const [dark, low, mid, high, top] = tones;
	const cx = p.width / 2;
	const minY = Math.min(...clumps.map((c) => c[1] - c[2]));
	const maxY = Math.max(...clumps.map((c) => c[1] + c[2]));
	for (const [x, y, r] of clumps)
		p.ellipse(x, y, r, r * 0.88, (dx, dy, px, py) => {
			const local = -(dx * 0.55 + dy * 0.85);
			const whole = -((px - cx) / p.width) * 0.7 - ((py - minY) / (maxY - minY) - 0.5) * 1.1;
			const t =
				local * 0.62 +
				whole * 0.7 +
				(noise(px >> 1, py, seed) - 0.5) * 0.5 +
				(bayer(px, py) - 0.5) * 0.12;
			if (t > 0.78) return top;
			if (t > 0.36) return high;
			if (t > -0.08) return mid;
			if (t > -0.52) return low;
			return dark;
		});
}

const GREEN = [leaf[0], leaf[1], leaf[2], leaf[3], leaf[4]];
const COOL = [leaf[0], '#234d43', leaf[1], '#3a6c4b', leaf[2]];
const SPRING = [leaf[1], leaf[2], leaf[3], leaf[4], leaf[5]];
const BLOSSOM = [plum[1], '#a8637d', '#d98a94', '#f0b3ad', '#fbdcd0'];

function oak(seed, tones) {
	const p = new Pix(40, 48);
	trunk(p, 17, 32, 6, 13);
	p.line(16, 44, 14, 45, earth[1]).line(23, 44, 25, 45, earth[1]);
	crown(
		p,
		[
			[11, 25, 9],
			[29, 25, 9],
			[20, 28, 10],
			[13, 15, 9],
			[27, 15, 9],
			[20, 11, 9],
			[20, 20, 11]
		],
		tones,
		seed
	);
	return p.outline(outlines, leaf[0]);
}

function pine(seed) {
	const p = new Pix(32, 52);
	trunk(p, 14, 40, 4, 9);
	for (const [y, half, h] of [
		[42, 13, 17],
		[32, 11, 16],
		[22, 9, 15],
		[13, 6, 11]
	])
		for (let j = 0; j < h; j++) {
			const w = Math.round(half * (1 - j / h) ** 0.8);
			for (let i = -w; i <= w; i++) {
				if (j === 0 && (i & 1) === 0 && Math.abs(i) > 1) continue;
				const t =
					-i / (half + 1) +
					(noise(i + 40, y - j, seed) - 0.5) * 0.7 +
					(j < 3 ? -0.5 : j > h * 0.5 ? 0.25 : 0);
				p.set(
					16 + i,
					y - j,
					t > 0.62 ? leaf[3] : t > 0.15 ? leaf[2] : t > -0.45 ? leaf[1] : '#234d43'
				);
			}
		}
	return p.outline(outlines, leaf[0]);
}

function birch(seed, tones) {
	const p = new Pix(32, 48);
	for (let j = 0; j < 18; j++) {
		p.rect(14, 28 + j, 4, 1, stone[4]).set(17, 28 + j, stone[2]);
		if (noise(1, j, seed) > 0.66) p.rect(14, 28 + j, 2, 1, stone[0]);
	}
	crown(
		p,
		[
			[16, 26, 9],
			[9, 21, 6],
			[23, 21, 6],
			[11, 13, 7],
			[21, 14, 7],
			[16, 8, 7],
			[16, 17, 9]
		],
		tones,
		seed
	);
	return p.outline(outlines, leaf[0]);
}

function bush(seed, tones, berries) {
	const p = new Pix(24, 20);
	crown(
		p,
		[
			[7, 13, 5.5],
			[17, 13, 5.5],
			[12, 10, 7]
		],
		tones,
		seed
	);
	if (berries)
		for (let i = 0; i < 9; i++) {
			const x = 4 + Math.floor(noise(i, 1, seed) * 16);
			const y = 5 + Math.floor(noise(i, 2, seed) * 11);
			if (p.get(x, y)) p.set(x, y, berries[0]).set(x, y - 1, berries[1]);
		}
	return p.outline(outlines, leaf[0]);
}

function rock() {
	const p = new Pix(20, 16);
	p.ellipse(10, 9, 7, 5, (dx, dy) =>
		dx + dy * 1.2 < -0.55 ? stone[3] : dx + dy < 0.45 ? stone[2] : stone[1]
	);
	p.rect(6, 7, 4, 1, stone[4]).line(12, 6, 13, 10, stone[1]);
	return p.outline(outlines, stone[0]);
}

function stump() {
	const p = new Pix(16, 14);
	trunk(p, 4, 6, 8, 5);
	p.ellipse(7.5, 6, 4.5, 2.6, earth[4]).ellipse(7.5, 6, 2.2, 1.2, earth[3]).set(7, 6, earth[5]);
	return p.outline(outlines, earth[0]);
}

/** Cattails at the water's edge. */
function reeds(seed) {
	const p = new Pix(20, 26);
	for (let i = 0; i < 9; i++) {
		const x = 3 + Math.floor(noise(i, 1, seed) * 14);
		const h = 9 + Math.floor(noise(i, 2, seed) * 10);
		const lean = Math.round((noise(i, 3, seed) - 0.5) * 3);
		p.line(x, 23, x + lean, 23 - h, leaf[1 + (i % 3)]);
		if (i % 3 === 0) p.rect(x + lean, 22 - h, 2, 4, earth[2]).set(x + lean, 22 - h, earth[3]);
	}
	return p;
}

function lily(flower) {
	const p = new Pix(16, 12);
	p.ellipse(7.5, 6, 5.5, 3.6, (dx, dy) =>
		dx > 0.2 && Math.abs(dy) < 0.25 ? null : dx + dy < -0.2 ? leaf[4] : leaf[3]
	);
	if (flower) p.rect(6, 3, 3, 3, plum[3]).rect(7, 2, 1, 1, '#fbdcd0').set(7, 4, gold[3]);
	return p.outline(
		new Map([
			[leaf[3], leaf[1]],
			[leaf[4], leaf[1]]
		]),
		leaf[1]
	);
}

/** A small bed of earth beside a house: cabbages, or flowers in rows. */
function garden(kind) {
	const p = new Pix(34, 28);
	for (let j = 0; j < 20; j++)
		for (let i = 0; i < 30; i++)
			p.set(
				2 + i,
				5 + j,
				j % 7 === 6 ? earth[1] : j % 7 === 0 ? earth[3] : noise(i, j, 8) > 0.8 ? earth[1] : earth[2]
			);
	for (let row = 0; row < 3; row++)
		for (let k = 0; k < 4; k++) {
			const x = 6 + k * 7;
			const y = 7 + row * 7;
			if (kind === 0) {
				p.ellipse(x, y, 2.8, 2.4, (dx, dy) =>
					dx + dy < -0.3 ? leaf[5] : dx + dy < 0.6 ? leaf[3] : leaf[1]
				);
				p.set(x, y, leaf[4]);
			} else {
				const c = [
					[rust[2], rust[3]],
					[gold[2], gold[3]],
					[plum[2], plum[3]]
				][row];
				p.rect(x, y, 1, 4, leaf[2])
					.rect(x - 1, y + 2, 3, 1, leaf[3])
					.rect(x - 1, y - 2, 3, 3, c[0])
					.set(x, y - 1, c[1])
					.set(x, y - 3, c[0]);
			}
		}
	return p.outline(outlines, earth[0]);
}

/** Frames named `tree.<kind>.<0..2>`: still, leaning left, leaning right. */
export function drawNature() {
	const frames = [];
	const sway = (name, pix, foot) => {
		const bend = (sign) => pix.skew((y) => (y < foot * 0.62 ? sign : 0));
		[pix, bend(-1), bend(1)].forEach((frame, i) =>
			frames.push({ name: `tree.${name}.${i}`, pix: frame, anchor: [pix.width / 2, foot] })
		);
	};
	sway('oak', oak(11, GREEN), 45);
	sway('pine', pine(12), 49);
	sway('birch', birch(13, SPRING), 46);
	sway('dark', oak(14, COOL), 45);
	sway('blossom', birch(15, BLOSSOM), 46);
	frames.push({ name: 'bush.0', pix: bush(21, GREEN, null), anchor: [12, 18] });
	frames.push({ name: 'bush.1', pix: bush(22, SPRING, [rust[2], rust[4]]), anchor: [12, 18] });
	frames.push({ name: 'bush.2', pix: bush(23, COOL, [gold[2], gold[3]]), anchor: [12, 18] });
	frames.push({ name: 'rock', pix: rock(), anchor: [10, 13] });
	frames.push({ name: 'stump', pix: stump(), anchor: [8, 11] });
	for (const i of [0, 1]) {
		frames.push({ name: `reeds.${i}`, pix: reeds(31 + i), anchor: [10, 23] });
		frames.push({ name: `lily.${i}`, pix: lily(i === 1), anchor: [8, 6] });
		frames.push({ name: `garden.${i}`, pix: garden(i), anchor: [17, 24] });
	}
	return frames;
}
