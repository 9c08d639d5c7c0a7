// Packs pictures into one PNG with a JSON atlas (Phaser's JSON Hash, plus our anchors per frame).
import { writeFileSync } from 'node:fs';
import { PNG } from 'pngjs';

const channel = new Map();
function rgba(colour) {
	let hit = channel.get(colour);
	if (!hit) {
		const n = (i) => parseInt(colour.slice(i, i + 2), 16);
		hit = [n(1), n(3), n(5), colour.length === 9 ? n(7) : 255];
		channel.set(colour, hit);
	}
	return hit;
}

/** Writes one picture as PNG; the same input gives the same bytes. */
export function writePng(path, pix) {
	const png = new PNG({ width: pix.width, height: pix.height });
	png.data.fill(0);
	for (let i = 0; i < pix.data.length; i++) {
		const colour = pix.data[i];
		if (!colour) continue;
		const [r, g, b, a] = rgba(colour);
		png.data.set([r, g, b, a], i * 4);
	}
	writeFileSync(path, PNG.sync.write(png, { deflateLevel: 9, deflateStrategy: 0, filterType: 0 }));
}

/**
 * Shelf packing in the order of height; every frame gets a margin of 2 px, so that neighbours never bleed.
 * `frames`: `{ name, pix, anchor?: [x, y], anchors? }[]`.
 */
export function writeAtlas(folder, name, frames, width, PixClass) {
	const margin = 2;
	const order = frames
		.map((frame, index) => ({ frame, index }))
		.sort((a, b) => b.frame.pix.height - a.frame.pix.height || a.index - b.index);
	let x = margin;
	let y = margin;
	let shelf = 0;
	const spots = new Map();
	for (const { frame } of order) {
		if (x + frame.pix.width + margin > width) {
			x = margin;
			y += shelf + margin;
			shelf = 0;
		}
		spots.set(frame.name, [x, y]);
		x += frame.pix.width + margin;
		shelf = Math.max(shelf, frame.pix.height);
	}
	let height = 64;
	while (height < y + shelf + margin) height *= 2;
	const sheet = new PixClass(width, height);
	const atlas = {
		frames: {},
		meta: { image: `${name}.png`, size: { w: width, h: height }, scale: '1' }
	};
	for (const { name: frameName, pix, anchor, anchors } of frames) {
		const [fx, fy] = spots.get(frameName);
		sheet.draw(pix, fx, fy);
		atlas.frames[frameName] = {
			frame: { x: fx, y: fy, w: pix.width, h: pix.height },
			rotated: false,
			trimmed: false,
			spriteSourceSize: { x: 0, y: 0, w: pix.width, h: pix.height },
			sourceSize: { w: pix.width, h: pix.height },
			...(anchor ? { anchor: { x: anchor[0] / pix.width, y: anchor[1] / pix.height } } : {}),
			...(anchors ? { anchors } : {})
		};
	}
	writePng(`${folder}/${name}.png`, sheet);
	writeFileSync(`${folder}/${name}.json`, JSON.stringify(atlas) + '\n');
}
