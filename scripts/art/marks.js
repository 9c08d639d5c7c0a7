// The marks of the product itself: favicon and app icons, from the same palette and houses.
import { RAMPS } from './palette.js';
import { Pix, bayer } from './pix.js';
import { drawHouse, drawLit } from './houses.js';

const { earth, gold, leaf, night, rust, stone } = RAMPS;

const TINY = [
	'................',
	'...........bb...',
	'.......rr..bb...',
	'......rRRr.bb...',
	'.....rRRRRrbb...',
	'....rRRRRRRrb...',
	'...rRRRRRRRRr...',
	'..rRRRRRRRRRRr..',
	'.rrrrrrrrrrrrrr.',
	'..wppppppppppd..',
	'..wpyyppppddpd..',
	'..wpyyppppDDpd..',
	'..wpyyppppDgpd..',
	'..wpppppppDDpd..',
	'..ssssssssssss..',
	'.llllllllllllll.'
];
const KEY = {
	b: rust[1],
	r: rust[1],
	R: rust[3],
	w: '#fffaf0',
	p: earth[6],
	d: earth[4],
	y: gold[2],
	D: earth[2],
	g: gold[3],
	s: stone[2],
	l: leaf[2]
};

/** A tiny house of 16×16 squares as SVG, sharp at every size. */
export function drawFavicon() {
	const parts = [];
	TINY.forEach((row, y) => {
		for (let x = 0; x < row.length;) {
			let end = x + 1;
			while (row[end] === row[x]) end++;
			const colour = KEY[row[x]];
			if (colour) parts.push(`<path fill="${colour}" d="M${x} ${y}h${end - x}v1h-${end - x}z"/>`);
			x = end;
		}
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" shape-rendering="crispEdges">${parts.join('')}</svg>\n`;
}

/** The app icon: a lit house at dusk, safe to be cut round (nothing of weight outside the inner 80 %). */
export function drawIcon(scale) {
	const size = 64;
	const p = new Pix(size, size);
	const sky = [night[1], night[2], '#6b5a86', '#b0708a', rust[3], rust[4]];
	for (let y = 0; y < size; y++)
		for (let x = 0; x < size; x++) {
			const t = (y / 46) * (sky.length - 1) + (bayer(x, y) - 0.5) * 0.9;
			p.set(x, y, sky[Math.max(0, Math.min(sky.length - 1, Math.round(t)))]);
		}
	for (const [x, y] of [
		[12, 9],
		[50, 7],
		[30, 5],
		[57, 18],
		[7, 20]
	])
		p.set(x, y, '#fffaf0');
	for (let x = 0; x < size; x++) {
		const hill = Math.round(46 + Math.sin(x / 9) * 2);
		for (let y = hill; y < size; y++)
			p.set(x, y, y === hill ? leaf[4] : y < hill + 3 ? leaf[3] : leaf[2]);
	}
	const house = drawHouse('systems', 'tiny');
	p.draw(house.pix, 8, 2).draw(drawLit(house), 8, 2);
	for (let y = 57; y < size; y++)
		p.rect(30 - (y - 56), y, 6 + 2 * (y - 56), 1, y % 3 ? earth[4] : earth[3]);
	const out = new Pix(size * scale, size * scale);
	for (let y = 0; y < out.height; y++)
		for (let x = 0; x < out.width; x++)
			out.set(x, y, p.get(Math.floor(x / scale), Math.floor(y / scale)));
	return out;
}
