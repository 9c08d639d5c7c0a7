// Signs above heads, puffs, marks and shadows: the words of the village, told by shape as well as colour.
import { RAMPS, HUES, buildOutlines } from './palette.js';
import { Pix, bayer } from './pix.js';

const { earth, stone, rust, gold, leaf, night, water, plum } = RAMPS;
const outlines = buildOutlines();
const INK = night[0];
const PAPER = '#fffaf0';

const GLYPHS = {
	dots0: ['.......', '.......', '.......', 'nn.....', 'nn.....', '.......', '.......'],
	dots1: ['.......', '.......', '.......', 'nn.nn..', 'nn.nn..', '.......', '.......'],
	dots2: ['........', '........', '........', 'nn.nn.nn', 'nn.nn.nn', '........', '........'],
	book: [
		'.........',
		'bbbb.bbbb',
		'bwwwbwwwb',
		'bwnwbwnwb',
		'bwwwbwwwb',
		'bwnwbwnwb',
		'bbbbbbbbb',
		'....b....'
	],
	hammer: [
		'..sssss..',
		'..sSSSss.',
		'..sssss..',
		'....e....',
		'....e....',
		'....e....',
		'....e....',
		'....e....'
	],
	prompt: [
		'.........',
		'nn.......',
		'.nn......',
		'..nn.....',
		'.nn......',
		'nn..nnnn.',
		'.........'
	],
	pause: ['.......', 'nn..nn.', 'nn..nn.', 'nn..nn.', 'nn..nn.', 'nn..nn.', 'nn..nn.'],
	zzz0: ['.......', '.......', 'qqqq...', '..q....', '.q.....', 'qqqq...', '.......'],
	zzz1: ['....qqqq', '......q.', '.....q..', 'qqq.qqqq', '.q......', 'qqq.....', '........'],
	check: [
		'........g',
		'.......gg',
		'......gg.',
		'g....gg..',
		'gg..gg...',
		'.gggg....',
		'..gg.....'
	],
	cross: ['rr...rr', '.rr.rr.', '..rrr..', '..rrr..', '.rr.rr.', 'rr...rr'],
	storm: [
		'..dddd...',
		'.dddddd..',
		'dddddddd.',
		'.........',
		'...oo....',
		'..oo.....',
		'...oo....',
		'..o......'
	],
	bed: ['q........', 'q........', 'qww......', 'qwwqqqqqq', 'qqqqqqqqq', 'q.......q', 'q.......q'],
	gear: [
		'...n.n...',
		'.nnnnnnn.',
		'.nn...nn.',
		'nn.....nn',
		'.n.....n.',
		'nn.....nn',
		'.nn...nn.',
		'.nnnnnnn.',
		'...n.n...'
	],
	door: ['.eeeee.', '.eyyye.', '.eyyye.', '.eyyoe.', '.eyyye.', '.eyyye.', '.eeeee.']
};
const KEY = {
	n: night[1],
	b: rust[1],
	w: PAPER,
	s: stone[1],
	S: stone[3],
	e: earth[2],
	q: water[1],
	g: leaf[2],
	r: rust[1],
	d: stone[1],
	o: gold[1],
	y: gold[2]
};

/** A paper bubble with a tail, 15×16; the tail's tip is its foot. */
function bubble(glyph, paper = PAPER, rim = INK) {
	const p = new Pix(15, 16);
	p.rect(2, 1, 11, 11, paper)
		.rect(1, 2, 13, 9, paper)
		.rect(6, 12, 3, 1, paper)
		.rect(7, 13, 1, 1, paper);
	p.rect(2, 11, 11, 1, paper === PAPER ? earth[5] : gold[1]);
	const rows = GLYPHS[glyph];
	if (rows)
		p.rows(
			Math.round((15 - rows[0].length) / 2),
			1 + Math.round((10 - rows.length) / 2),
			rows,
			KEY
		);
	p.outline(new Map(), rim);
	return p;
}

/** The sign that a waiting villager holds up. */
function sign(beat) {
	const p = new Pix(22, 26);
	p.rect(10, 17, 2, 8, earth[3]).rect(11, 17, 1, 8, earth[1]);
	p.rect(3, 2, 16, 15, gold[2]).rect(3, 2, 16, 2, gold[3]).rect(3, 15, 16, 2, gold[1]);
	p.rect(9, 4, 4, 7, beat ? rust[1] : INK).rect(9, 12, 4, 3, beat ? rust[1] : INK);
	return p.outline(outlines, earth[0]).set(2, 1, null).set(19, 1, null);
}

function puff(tones, r) {
	const p = new Pix(16, 16);
	const c = 7.5;
	p.ellipse(c, c, r, r * 0.92, (dx, dy) =>
		dx + dy < -0.5 ? tones[2] : dx + dy < 0.5 ? tones[1] : tones[0]
	);
	return p;
}

function shadow(w, h) {
	const p = new Pix(w, h);
	p.ellipse((w - 1) / 2, (h - 1) / 2, w / 2, h / 2, (dx, dy, x, y) =>
		dx * dx + dy * dy > 0.72 && bayer(x, y) > 0.5 ? null : '#181a3050'
	);
	return p;
}

/** A round of warm light in four bands, for lamps and windows. */
function glow(size, tint) {
	const p = new Pix(size, size);
	const r = size / 2;
	p.ellipse(r - 0.5, r - 0.5, r, r, (dx, dy, x, y) => {
		const d = Math.sqrt(dx * dx + dy * dy) + (bayer(x, y) - 0.5) * 0.1;
		const a = d < 0.25 ? 0x50 : d < 0.45 ? 0x34 : d < 0.68 ? 0x1e : d < 0.95 ? 0x0e : 0;
		return a ? tint + a.toString(16).padStart(2, '0') : null;
	});
	return p;
}

function hand(colour) {
	const p = new Pix(16, 18);
	p.rows(
		3,
		1,
		[
			'.ww.......',
			'.ww.......',
			'.ww.......',
			'.wwww.....',
			'.wwwwww...',
			'wwwwwwww..',
			'wwwwwwww..',
			'wwwwwwww..',
			'.wwwwww...',
			'.cccccc...',
			'.cccccc...'
		],
		{ w: PAPER, c: colour }
	);
	return p.outline(new Map([[colour, INK]]), INK);
}

function badge(kind) {
	const p = new Pix(17, 13);
	p.rect(2, 1, 13, 11, INK).rect(1, 2, 15, 9, INK);
	if (kind === 'eye')
		p.rows(
			3,
			3,
			['...wwwww...', '.wwwwwwwww.', 'wwwwnnnwwww', 'wwwwnwnwwww', '.wwwnnnwww.', '...wwwww...'],
			{ w: PAPER, n: night[2] }
		);
	if (kind === 'crowd')
		p.rows(
			3,
			2,
			[
				'..ww..ww...',
				'..ww..ww...',
				'.....ww....',
				'.wwwwwwwww.',
				'wwwwwwwwww.',
				'www.www.www',
				'www.www.www'
			],
			{ w: PAPER }
		);
	return p;
}

/** The ribbon that marks everything of the demo. */
function ribbon() {
	const p = new Pix(31, 13);
	p.rect(2, 2, 27, 9, plum[1]).rect(2, 2, 27, 1, plum[2]).rect(2, 10, 27, 1, plum[0]);
	p.set(2, 6, null).set(28, 6, null);
	p.rows(
		6,
		4,
		['ww..www.w.w..w.', 'w.w.w...www.w.w', 'w.w.ww..w.w.w.w', 'w.w.w...w.w.w.w', 'ww..www.w.w..w.'],
		{ w: PAPER }
	);
	return p.outline(outlines, INK);
}

/** A ring on the ground around someone; `gaps` makes it dashed. */
function ring(colour, gaps = false) {
	const p = new Pix(26, 14);
	for (let a = 0; a < 360; a++) {
		const t = (a / 360) * Math.PI * 2;
		if (gaps && Math.floor(a / 22.5) % 2) continue;
		const x = Math.round(12.5 + Math.cos(t) * 10.5);
		const y = Math.round(6.5 + Math.sin(t) * 4.6);
		p.set(x, y, colour).set(x, y + 1, colour);
	}
	return p.outline(new Map(), '#181a3090');
}

export function drawIcons() {
	const frames = [];
	const add = (name, pix, anchor) =>
		frames.push({ name, pix, anchor: anchor ?? [pix.width / 2, pix.height / 2] });
	for (const glyph of Object.keys(GLYPHS)) add(`bubble.${glyph}`, bubble(glyph), [7.5, 15]);
	add('sign.0', sign(false), [11, 25]);
	add('sign.1', sign(true), [11, 25]);
	const smokes = {
		white: [stone[3], stone[4], '#fffaf0'],
		grey: [stone[1], stone[2], stone[3]],
		red: [rust[0], rust[1], rust[2]],
		green: [leaf[3], leaf[4], leaf[5]]
	};
	for (const [name, tones] of Object.entries(smokes))
		[2.2, 3.4, 4.6, 5.6].forEach((r, i) => add(`puff.${name}.${i}`, puff(tones, r)));
	[rust[2], gold[2], water[3], leaf[4], plum[2], '#fffaf0'].forEach((c, i) =>
		add(`confetti.${i}`, new Pix(3, 3).rect(0, i & 1, 3, 2, c))
	);
	add(
		'spark',
		new Pix(5, 5).rect(2, 0, 1, 5, gold[3]).rect(0, 2, 5, 1, gold[3]).set(2, 2, '#fffaf0')
	);
	add(
		'stone',
		new Pix(4, 4).rect(0, 1, 4, 2, stone[2]).rect(1, 0, 2, 1, stone[3]).rect(1, 3, 2, 1, stone[1])
	);
	add('shadow.s', shadow(14, 6));
	add('shadow.m', shadow(30, 10));
	add('shadow.l', shadow(44, 14));
	add('glow.warm', glow(64, '#ffd27a'));
	add('glow.small', glow(24, '#ffe6a0'));
	Object.values({
		a: rust[2],
		b: leaf[3],
		c: water[2],
		d: plum[2],
		e: gold[2],
		f: night[3]
	}).forEach((c, i) => add(`hand.${i}`, hand(c), [5, 1]));
	add('badge.eye', badge('eye'));
	add('badge.crowd', badge('crowd'));
	add('ribbon', ribbon());
	add('ring.select', ring('#fffaf0'));
	add('ring.hover', ring('#fffaf0', true));
	add('ring.watch', ring(HUES.gemini_cli[2], true));
	add('ring.self', ring(gold[3]));
	add(
		'target.0',
		new Pix(16, 10).ellipse(7.5, 4.5, 7, 4, (dx, dy) => (dx * dx + dy * dy > 0.55 ? PAPER : null))
	);
	add('pixel', new Pix(4, 4).rect(0, 0, 4, 4, '#ffffff'));
	return frames;
}
