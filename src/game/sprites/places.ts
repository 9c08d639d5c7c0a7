// Draws the bell, houses and workshops, with their smoke, light and names.
import { TILE } from '#domain/village.ts';
import type { HouseView, WorkshopView } from '../port.ts';
import type { HousePlace, WorkshopPlace } from '../sim/layout.ts';
import { familyOf } from './atlas.ts';
import { type Frame, isTarget, turn } from './frame.ts';

export function drawPlaces(frame: Frame): void {
	const bell = frame.world.layout.bell;
	drawBell(frame, bell.x * TILE, bell.y * TILE);
	for (const place of frame.world.layout.houses.values()) {
		const house = frame.world.houses.get(place.id);
		if (house) drawHouse(frame, house, place);
	}
	for (const place of frame.world.layout.workshops.values()) {
		const shop = frame.world.workshops.get(place.id);
		if (shop) drawWorkshop(frame, shop, place);
	}
}

function inView(frame: Frame, x: number, y: number, reach: number): boolean {
	const { seen } = frame;
	return (
		x > seen.x - reach &&
		x < seen.x + seen.width + reach &&
		y > seen.y - reach &&
		y < seen.y + seen.height + reach * 1.6
	);
}

function drawBell(frame: Frame, x: number, y: number): void {
	if (!inView(frame, x, y, 90)) return;
	const pending = frame.world.approvalsPending > 0;
	const swing = pending ? [0, 1, 0, 2][turn(frame, 230, 4)]! : 0;
	const [bx, by] = frame.art.anchor('tower', 'bell');
	const tower = frame.art.get('tower');
	const left = x - tower.ax + bx;
	const top = y - tower.ay + by;
	frame.things.add(frame.art.get(`bell.${swing}`), left, top, y + 0.1);
	frame.hits.add({
		kind: 'bell',
		id: 'bell',
		x: x - 18,
		y: y - 76,
		width: 36,
		height: 78,
		rank: 0,
		anchor: { x, y: y - 78 }
	});
	if (pending) {
		frame.wishes.push({
			owner: 'bell',
			part: 0,
			text: String(frame.world.approvalsPending),
			style: 'alert',
			x: left + 17,
			y: top - 2,
			rank: 90,
			must: true,
			above: true
		});
		if (frame.lamps > 0) frame.glow.add(frame.art.get('glow.small'), left, top + 8, y, 0.8);
	}
}

/** Rising puffs over a chimney; `steady` smoke hangs still. */
function smoke(
	frame: Frame,
	x: number,
	y: number,
	kind: string,
	puffs: number,
	steady: boolean
): void {
	const step = 170;
	const now = steady || frame.calm ? 0 : frame.nowMs;
	if (!steady && !frame.calm) turn(frame, step, 1);
	for (let i = 0; i < puffs; i++) {
		const t =
			((Math.floor(now / step) * step) / 2600 + i / puffs + (steady || frame.calm ? 0.12 : 0)) % 1;
		const size = Math.min(3, Math.floor(t * 4.4));
		frame.things.add(
			frame.art.get(`puff.${kind}.${size}`),
			x + Math.sin(t * 5 + i) * 2 + t * 7,
			y - t * 30,
			99_999,
			0.95 - t * 0.75
		);
	}
}

function ring(
	frame: Frame,
	kind: 'house' | 'workshop',
	id: string,
	x: number,
	y: number,
	width: number
): void {
	const selected = isTarget(frame.selected, kind, id);
	if (!selected && !isTarget(frame.hover, kind, id)) return;
	frame.floor.add(
		frame.art.get(selected ? 'ring.select' : 'ring.hover'),
		x,
		y - 4,
		y + 1,
		1,
		width / 20,
		width / 34
	);
}

function drawHouse(frame: Frame, house: HouseView, place: HousePlace): void {
	const name = `${familyOf(house.language)}.${house.size}`;
	const picture = frame.art.get(`house.${name}`);
	const x = place.door.x * TILE + TILE / 2;
	const y = place.y * TILE;
	const left = x - picture.ax;
	const top = y - picture.ay;
	const centre = left + picture.width / 2;
	if (house.lit && frame.lamps > 0) {
		const windows = picture.anchors.windows as [number, number, number, number][];
		frame.lights.push({ x: centre, y: y - 10, radius: picture.width * 0.82, warmth: 1 });
		if (inView(frame, x, y, 110)) {
			for (const [wx, wy, w, h] of windows)
				frame.glow.add(
					frame.art.get('glow.small'),
					left + wx + w / 2,
					top + wy + h / 2,
					y,
					0.7 * frame.lamps
				);
			// The panes themselves shine through the night.
			frame.glow.add(frame.art.get(`lit.${name}`), x, y, y, 0.6 * frame.lamps, 1, 1, 0xffb866);
		}
	}
	if (!inView(frame, x, y, 110)) return;
	frame.floor.add(frame.art.get('shadow.l'), centre + 3, y - 2, y, 1, picture.width / 42, 0.9);
	ring(frame, 'house', house.id, centre, y, picture.width);
	frame.things.add(picture, x, y);
	// A lamp behind the window is seen at any hour; at night it also lights the yard.
	if (house.lit) frame.things.add(frame.art.get(`lit.${name}`), x, y, y + 0.05, 1);
	const [sx, sy] = picture.anchors.smoke as [number, number];
	if (house.smoke === 'building') smoke(frame, left + sx, top + sy, 'white', 5, false);
	else if (house.smoke === 'failed') smoke(frame, left + sx, top + sy, 'red', 3, true);
	else if (house.smoke === 'passed') smoke(frame, left + sx, top + sy, 'green', 1, true);
	const [fx, fy] = picture.anchors.flag as [number, number];
	const waiting = frame.waiting.has(house.id);
	frame.floor.add(frame.art.get('shadow.s'), left + fx, top + fy + 7, y, 1, 0.8);
	frame.things.add(frame.art.get(`mailbox.${waiting ? 1 : 0}`), left + fx, top + fy + 8);
	if (house.demo) frame.signs.add(frame.art.get('ribbon'), centre, top + 10, y + 2);
	const hot =
		isTarget(frame.hover, 'house', house.id) || isTarget(frame.selected, 'house', house.id);
	frame.wishes.push({
		owner: house.id,
		part: 0,
		text: house.name,
		style: 'house',
		x: centre,
		y: top - 1,
		rank: hot ? 95 : 60,
		must: hot,
		above: true
	});
	const crowd = frame.world.crowds.get(house.id);
	if (crowd) {
		frame.signs.add(frame.art.get('badge.crowd'), centre - 12, top + 24, y + 3);
		frame.wishes.push({
			owner: house.id,
			part: 1,
			text: `${crowd}`,
			style: 'count',
			x: centre + 8,
			y: top + 15,
			rank: 92,
			must: true,
			above: false
		});
	}
	frame.hits.add({
		kind: 'house',
		id: house.id,
		x: left + 2,
		y: top + 4,
		width: picture.width - 4,
		height: picture.height - 4,
		rank: 1,
		anchor: { x: centre, y: top }
	});
}

function drawWorkshop(frame: Frame, shop: WorkshopView, place: WorkshopPlace): void {
	const state =
		shop.status === 'online' ? 'open' : shop.status === 'offline' ? 'closed' : 'repairs';
	const picture = frame.art.get(`workshop.${state}`);
	const x = place.x * TILE;
	const y = place.y * TILE;
	const left = x - picture.ax;
	const top = y - picture.ay;
	if (state === 'open' && frame.lamps > 0) {
		frame.lights.push({ x: x + 6, y: y - 4, radius: 86, warmth: 1 });
		if (inView(frame, x, y, 110))
			frame.glow.add(frame.art.get('glow.warm'), left + 56, top + 74, y, 0.7 * frame.lamps);
	}
	if (!inView(frame, x, y, 110)) return;
	frame.floor.add(frame.art.get('shadow.l'), x + 3, y - 2, y, 1, 2.2, 1);
	ring(frame, 'workshop', shop.id, x, y, 92);
	frame.things.add(picture, x, y);
	if (shop.status === 'online' || shop.status === 'draining') {
		const puffs = shop.load > 0.66 ? 7 : shop.load > 0.33 ? 5 : shop.load > 0.02 ? 3 : 0;
		const [sx, sy] = picture.anchors.smoke as [number, number];
		if (puffs > 0) smoke(frame, left + sx, top + sy, 'grey', puffs, false);
	}
	// Crates on the pallet are free slots: up to ten are stacked, the sign says the exact number.
	const free = Math.max(0, shop.capacity - shop.used);
	const [px] = picture.anchors.pallet as [number, number];
	const baseX = left + px + 6;
	const baseY = y + 13;
	frame.floor.add(frame.art.get('shadow.m'), baseX, baseY, y, 1, 1.7, 0.8);
	frame.things.add(frame.art.get('pallet'), baseX, baseY, baseY - 6, 1, 0.8, 1);
	if (state === 'open')
		for (let i = 0; i < Math.min(10, free); i++) {
			const row = i < 4 ? 0 : i < 7 ? 1 : i < 9 ? 2 : 3;
			const column = i - [0, 4, 7, 9][row]!;
			frame.things.add(
				frame.art.get('crate'),
				baseX - 18 + column * 12 + row * 6,
				baseY - 2 - row * 10,
				baseY + row * 0.1
			);
		}
	const words =
		shop.status === 'online'
			? `${shop.name} · ${shop.used}/${shop.capacity}`
			: shop.status === 'offline'
				? `${shop.name} · offline`
				: `${shop.name} · closed for repairs`;
	const hot =
		isTarget(frame.hover, 'workshop', shop.id) || isTarget(frame.selected, 'workshop', shop.id);
	frame.wishes.push({
		owner: shop.id,
		part: 0,
		text: words,
		style: 'house',
		x,
		y: top + 14,
		rank: hot ? 95 : 58,
		must: hot,
		above: true
	});
	frame.hits.add({
		kind: 'workshop',
		id: shop.id,
		x: left + 4,
		y: top + 14,
		width: 88,
		height: 76,
		rank: 1,
		anchor: { x, y: top + 12 }
	});
}
