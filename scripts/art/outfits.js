// What tells the providers apart from afar: hats, hoods, tin heads and one thing worn.
import { RAMPS } from './palette.js';

const { earth, stone, gold, night } = RAMPS;

/** A tin head with a screen for a face: `shell` shows a prompt, `scripted` two lamps. */
export function robotHead(p, dir, c, y, outfit, asleep) {
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
export function dress(p, dir, outfit, c, y, top) {
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
