// What people built: square, fences, lamps, the workshop and its yard.
import { RAMPS, buildOutlines } from './palette.js';
import { planks, stones } from './materials.js';
import { Pix, noise } from './pix.js';

const { earth, stone, rust, gold, leaf, night, water, plum } = RAMPS;
const outlines = buildOutlines();
const done = (p) => p.outline(outlines, earth[0]);

function tower() {
	const p = new Pix(48, 80);
	stones(p, 12, 42, 24, 35);
	p.rect(10, 74, 28, 3, stone[2]).rect(10, 74, 28, 1, stone[3]).rect(10, 76, 28, 1, stone[1]);
	// Door and slit
	p.rect(20, 62, 8, 12, earth[2])
		.rect(20, 62, 1, 12, earth[3])
		.rect(23, 62, 1, 12, earth[1])
		.rect(26, 62, 1, 12, earth[1])
		.rect(20, 61, 8, 1, stone[1]);
	p.rect(22, 49, 4, 7, night[1]).rect(21, 48, 6, 1, stone[4]).rect(21, 56, 6, 1, stone[1]);
	// Belfry
	p.rect(9, 39, 30, 4, earth[3]).rect(9, 39, 30, 1, earth[4]).rect(9, 42, 30, 1, earth[1]);
	p.rect(13, 24, 22, 15, night[0]).rect(14, 25, 20, 3, night[1]);
	for (const x of [11, 33])
		p.rect(x, 22, 4, 17, earth[3])
			.rect(x, 22, 1, 17, earth[4])
			.rect(x + 3, 22, 1, 17, earth[1]);
	// Roof: a steep pyramid of tiles
	for (let j = 0; j < 18; j++) {
		const half = 2 + j * 0.92;
		for (let i = -Math.floor(half); i < half; i++) {
			const lit = -i / half;
			const seam = j % 4 === 3 || (i + 100 + (Math.floor(j / 4) % 2) * 2) % 5 === 4;
			p.set(
				24 + i,
				5 + j,
				seam ? rust[lit > 0.2 ? 1 : 0] : lit > 0.35 ? rust[3] : lit > -0.35 ? rust[2] : rust[1]
			);
		}
	}
	p.rect(7, 22, 34, 1, rust[0]).rect(23, 1, 2, 5, gold[2]).rect(22, 2, 4, 1, gold[3]);
	return done(p);
}

/** The bell alone: hanging, swung left, swung right. */
function bell(swing) {
	const p = new Pix(20, 16);
	const rows = [
		'....oo....',
		'...yyoo...',
		'..yyyooa..',
		'..ywyooa..',
		'..ywyooa..',
		'.yywyoooa.',
		'.yyyyoooa.',
		'aaaaaaaaaa',
		'....dd....'
	];
	const key = { y: gold[3], w: '#fff6cf', o: gold[2], a: gold[1], d: earth[1] };
	rows.forEach((row, j) => {
		const dx = Math.round(((j - 1) / 7) * swing * 3.4);
		p.rows(5 + dx, 3 + j, [row], key);
	});
	p.rect(9, 1, 2, 3, earth[2]);
	return done(p);
}

function well() {
	const p = new Pix(32, 40);
	stones(p, 5, 26, 22, 10);
	p.ellipse(15.5, 26, 11, 4, stone[3])
		.ellipse(15.5, 26, 8, 2.6, night[1])
		.ellipse(15.5, 27, 6, 1.4, water[1]);
	p.rect(5, 10, 3, 17, earth[2])
		.rect(5, 10, 1, 17, earth[3])
		.rect(24, 10, 3, 17, earth[2])
		.rect(26, 10, 1, 17, earth[1]);
	p.rect(8, 15, 16, 2, earth[3])
		.rect(15, 17, 1, 5, earth[5])
		.rect(13, 21, 5, 4, earth[3])
		.rect(13, 21, 5, 1, stone[2]);
	for (let j = 0; j < 9; j++) {
		const inset = 4 - Math.floor(j / 2);
		for (let i = inset; i < 30 - inset; i++)
			p.set(
				1 + i,
				3 + j,
				j % 3 === 2 || (i + (Math.floor(j / 3) % 2) * 2) % 5 === 0
					? rust[1]
					: i < 13
						? rust[3]
						: rust[2]
			);
	}
	p.rect(1, 11, 30, 1, rust[0]);
	return done(p);
}

function bench(side) {
	const p = new Pix(28, 20);
	if (side) {
		planks(p, 8, 3, 5, 13);
		p.rect(8, 3, 2, 13, earth[4]).rect(8, 16, 1, 3, earth[1]).rect(12, 16, 1, 3, earth[1]);
	} else {
		p.rect(3, 3, 22, 3, earth[4]).rect(3, 5, 22, 1, earth[2]).rect(3, 8, 22, 2, earth[3]);
		p.rect(2, 11, 24, 3, earth[4])
			.rect(2, 13, 24, 1, earth[2])
			.rect(4, 14, 2, 4, earth[1])
			.rect(22, 14, 2, 4, earth[1]);
		p.rect(5, 6, 1, 5, earth[1]).rect(22, 6, 1, 5, earth[1]);
	}
	return done(p);
}

function stall() {
	const p = new Pix(48, 48);
	p.rect(5, 16, 2, 28, earth[3]).rect(41, 16, 2, 28, earth[2]);
	p.rect(7, 20, 34, 12, earth[1]).rect(7, 20, 34, 3, earth[0]);
	planks(p, 4, 33, 40, 11);
	p.rect(3, 31, 42, 3, earth[5]).rect(3, 33, 42, 1, earth[3]);
	const goods = [
		[rust[2], rust[3]],
		[gold[2], gold[3]],
		[leaf[3], leaf[5]],
		[plum[1], plum[3]]
	];
	for (let i = 0; i < 4; i++)
		for (let k = 0; k < 4; k++) {
			const x = 7 + i * 9 + k * 2;
			p.rect(x, 29 - (k & 1), 2, 2, goods[i][0]).set(x, 29 - (k & 1), goods[i][1]);
		}
	for (let j = 0; j < 14; j++) {
		const inset = Math.max(0, 5 - Math.floor(j / 2));
		for (let i = inset; i < 46 - inset; i++) {
			const band = Math.floor((i - 23) / 6 + 20) % 2 === 0;
			const scallop = j > 11 && Math.floor(i % 6) % 5 === 0;
			if (scallop) continue;
			p.set(
				1 + i,
				5 + j,
				band
					? j < 3
						? rust[3]
						: j > 10
							? rust[1]
							: rust[2]
					: j < 3
						? '#fffaf0'
						: j > 10
							? earth[5]
							: earth[6]
			);
		}
	}
	return done(p);
}

function lamp() {
	const p = new Pix(16, 40);
	p.rect(7, 13, 2, 23, night[1])
		.rect(7, 13, 1, 23, night[2])
		.rect(5, 34, 6, 3, night[1])
		.rect(5, 34, 6, 1, night[3]);
	p.rect(5, 5, 6, 7, gold[2]).rect(6, 6, 2, 4, gold[3]).rect(10, 5, 1, 7, gold[1]);
	p.rect(4, 3, 8, 2, night[1])
		.rect(5, 2, 6, 1, night[2])
		.rect(7, 1, 2, 1, night[2])
		.rect(4, 12, 8, 1, night[1])
		.rect(7, 5, 1, 7, earth[3]);
	return done(p);
}

function gate() {
	const p = new Pix(72, 64);
	for (const x of [5, 55]) {
		stones(p, x, 24, 12, 36);
		p.rect(x - 1, 22, 14, 3, stone[4])
			.rect(x - 1, 24, 14, 1, stone[1])
			.rect(x - 1, 57, 14, 3, stone[2]);
		p.rect(x + 3, 14, 6, 8, gold[2])
			.rect(x + 4, 15, 2, 5, gold[3])
			.rect(x + 2, 12, 8, 2, night[1])
			.rect(x + 4, 11, 4, 1, night[2]);
	}
	for (let i = 0; i < 38; i++) {
		const y = 10 + Math.round(((i - 19) / 19) ** 2 * 5);
		p.rect(17 + i, y, 1, 9, earth[3])
			.rect(17 + i, y, 1, 2, earth[4])
			.rect(17 + i, y + 7, 1, 2, earth[1]);
	}
	p.rect(26, 12, 20, 5, earth[6]).rect(26, 16, 20, 1, earth[4]);
	for (let i = 0; i < 5; i++) p.rect(28 + i * 3 + (i > 2 ? 2 : 0), 13, 2, 2, earth[1]);
	for (let i = 0; i < 16; i++)
		p.set(17 + i * 2, 19 + (i % 3), leaf[3 + (i % 2)]).set(18 + i * 2, 9 + (i % 2), leaf[3]);
	return done(p);
}

function board() {
	const p = new Pix(32, 32);
	p.rect(5, 8, 3, 22, earth[2]).rect(24, 8, 3, 22, earth[1]);
	planks(p, 3, 9, 26, 15, [earth[2], earth[3], earth[4]]);
	p.rect(6, 11, 7, 6, earth[6])
		.rect(15, 11, 5, 7, '#fffaf0')
		.rect(21, 12, 5, 5, gold[3])
		.rect(8, 18, 6, 4, night[4])
		.rect(16, 19, 7, 3, earth[6]);
	for (const [x, y, w] of [
		[7, 13, 5],
		[7, 15, 3],
		[16, 13, 3],
		[16, 15, 3],
		[22, 14, 3],
		[17, 20, 5]
	])
		p.rect(x, y, w, 1, earth[2]);
	p.set(9, 11, rust[2]).set(17, 11, rust[2]).set(23, 12, water[1]);
	for (let j = 0; j < 5; j++) p.rect(2 - 0 + j, 7 - j, 28 - 2 * j, 1, j % 2 ? rust[1] : rust[2]);
	return done(p);
}

function mailbox(up) {
	const p = new Pix(18, 24);
	p.rect(7, 12, 2, 10, earth[2]).rect(7, 12, 1, 10, earth[3]);
	p.rect(3, 6, 9, 7, night[3])
		.rect(4, 5, 7, 1, night[4])
		.rect(3, 6, 3, 6, night[4])
		.rect(3, 12, 9, 1, night[2])
		.rect(4, 8, 2, 1, night[1]);
	// Raised, it is the yellow of everything that waits for a person.
	if (up)
		p.rect(11, 0, 1, 9, earth[1])
			.rect(12, 1, 4, 5, gold[2])
			.rect(12, 1, 4, 1, gold[3])
			.rect(12, 5, 4, 1, gold[1]);
	else p.rect(11, 9, 4, 2, gold[1]);
	return done(p);
}

function fence(kind) {
	const p = new Pix(16, 20);
	if (kind === 'h') {
		p.rect(0, 8, 16, 2, earth[4])
			.rect(0, 9, 16, 1, earth[3])
			.rect(0, 13, 16, 2, earth[3])
			.rect(0, 14, 16, 1, earth[2]);
	} else p.rect(7, 2, 2, 18, earth[3]);
	for (const x of kind === 'h' ? [1, 9] : [7])
		p.rect(x, 5, 3, 13, earth[4])
			.rect(x + 2, 5, 1, 13, earth[2])
			.rect(x, 4, 2, 1, earth[5]);
	const out = done(p);
	if (kind === 'h')
		for (const y of [8, 9, 13, 14])
			out.set(0, y, y > 10 ? earth[3] : earth[4]).set(15, y, y > 10 ? earth[2] : earth[3]);
	return out;
}

/** Flowers in a kerb of stone. */
function planter() {
	const p = new Pix(36, 26);
	p.ellipse(17.5, 16, 15, 7, (dx, dy) => (dy > 0.2 ? stone[2] : stone[3]));
	p.ellipse(17.5, 14.5, 14.5, 6, (dx) => (dx < 0.2 ? stone[4] : stone[3]));
	p.ellipse(17.5, 14, 12.5, 4.6, earth[1]);
	for (let i = 0; i < 46; i++) {
		const a = noise(i, 1, 91) * Math.PI * 2;
		const r = Math.sqrt(noise(i, 2, 91));
		const x = Math.round(17.5 + Math.cos(a) * r * 11);
		const y = Math.round(12.5 + Math.sin(a) * r * 3.6);
		p.rect(x, y, 2, 2, leaf[2 + (i % 3)]);
		if (i % 2 === 0) {
			const c = [
				[rust[2], rust[4]],
				[gold[2], gold[3]],
				[plum[2], plum[3]],
				[earth[6], '#fffaf0']
			][(i >> 1) % 4];
			p.rect(x, y - 2, 2, 2, c[0]).set(x, y - 2, c[1]);
		}
	}
	return done(p);
}

function barrel() {
	const p = new Pix(16, 20);
	for (let j = 0; j < 13; j++) {
		const bulge = j > 2 && j < 10 ? 1 : 0;
		for (let i = 0; i < 8 + 2 * bulge; i++) {
			const c =
				j === 3 || j === 9
					? stone[1]
					: i < 3
						? earth[4]
						: i > 6
							? earth[2]
							: i % 3 === 0
								? earth[2]
								: earth[3];
			p.set(4 - bulge + i, 5 + j, c);
		}
	}
	p.ellipse(7.5, 5, 3.8, 1.6, earth[4]).ellipse(7.5, 5, 2.4, 0.8, earth[2]);
	return done(p);
}

/** Rings of paler and darker stones set into the square around the well. */
function mosaic() {
	const p = new Pix(112, 80);
	for (let y = 0; y < 80; y++)
		for (let x = 0; x < 112; x++) {
			const dx = (x - 55.5) / 54;
			const dy = (y - 39.5) / 38;
			const d = Math.sqrt(dx * dx + dy * dy);
			const a = Math.atan2(dy, dx) / (Math.PI * 2) + 0.5;
			const band = (from, to, count, one, two) => {
				if (d < from || d > to) return;
				const k = a * count;
				const edge = k - Math.floor(k) < 0.13 || d < from + 0.022 || d > to - 0.022;
				const lit = dx + dy < 0;
				p.set(x, y, edge ? '#a58c74' : Math.floor(k) % 2 ? one[lit ? 0 : 1] : two[lit ? 0 : 1]);
			};
			band(0.86, 0.98, 44, ['#c9bfae', '#b8ad9c'], ['#d8c39b', '#c9b189']);
			band(0.5, 0.6, 26, ['#b77f62', '#a87058'], ['#d8c39b', '#c9b189']);
		}
	return p;
}

export function drawThings() {
	const frames = [];
	const add = (name, pix, foot, anchors) =>
		frames.push({ name, pix, anchor: [pix.width / 2, foot], ...(anchors ? { anchors } : {}) });
	add('tower', tower(), 76, { bell: [24, 27] });
	[0, -1, 1].forEach((swing, i) => add(`bell.${i}`, bell(swing), 3));
	add('well', well(), 36);
	add('bench', bench(false), 17);
	add('stall', stall(), 44);
	add('lamp', lamp(), 37, { light: [8, 8] });
	add('gate', gate(), 60);
	add('board', board(), 29);
	add('mailbox.0', mailbox(false), 21);
	add('mailbox.1', mailbox(true), 21);
	add('fence', fence('h'), 17);
	add('planter', planter(), 21);
	add('barrel', barrel(), 17);
	add('mosaic', mosaic(), 40);
	return frames;
}
