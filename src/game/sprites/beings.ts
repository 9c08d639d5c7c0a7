// Draws those who move: agents with what they do, people with their hands.
import { TILE } from '#domain/village.ts';
import type { Walker } from '../sim/people.ts';
import type { Actor } from '../sim/actors.ts';
import { variantOf } from '../sim/actors.ts';
import { type Frame, isTarget, turn } from './frame.ts';

export function drawBeings(frame: Frame): void {
	for (const actor of frame.world.actors.values()) if (!actor.hidden) drawActor(frame, actor);
	for (const walker of frame.world.people.values()) drawPerson(frame, walker);
}

function drawActor(frame: Frame, actor: Actor): void {
	const { view, look } = actor;
	const x = Math.round(look.x * TILE);
	const y = Math.round(look.y * TILE);
	const { seen, art } = frame;
	if (
		x < seen.x - 30 ||
		x > seen.x + seen.width + 30 ||
		y < seen.y - 10 ||
		y > seen.y + seen.height + 60
	)
		return;
	frame.due(look.until);
	const shake = view.state === 'frustrated' && look.frame === 1 ? 1 : 0;
	const selected = isTarget(frame.selected, 'villager', view.id);
	const hovered = isTarget(frame.hover, 'villager', view.id);
	if (selected || hovered)
		frame.floor.add(art.get(selected ? 'ring.select' : 'ring.hover'), x, y - 1, y);
	else if (view.watchedBy.length > 0) frame.floor.add(art.get('ring.watch'), x, y - 1, y);
	frame.floor.add(art.get('shadow.s'), x, y - 1, y + 0.1, look.lift > 3 ? 0.6 : 1);
	const figure = art.figure(
		view.provider,
		view.id,
		look.facing,
		look.pose,
		look.pose === 'work' || look.pose === 'crank' || look.pose === 'walk' ? look.frame : 0
	);
	if (look.prop) {
		const before = look.prop.frame === 'stump';
		frame.things.add(
			art.get(look.prop.frame),
			x + look.prop.dx,
			y + look.prop.dy,
			before ? y - 1 : y + 0.4
		);
	}
	frame.things.add(figure, x + shake, y - look.lift - (look.prop?.frame === 'stump' ? 3 : 0), y);
	// A lantern's worth of light on each: by night nobody may be lost in the dark.
	if (frame.lamps > 0)
		frame.glow.add(
			figure,
			x + shake,
			y - look.lift - (look.prop?.frame === 'stump' ? 3 : 0),
			y,
			0.34 * frame.lamps
		);
	const head = y - 25 - look.lift;
	frame.heads.push({ x: x - 6, y: y - 23, width: 12, height: 15 });
	if (view.state === 'waiting' && !look.walking) {
		frame.heads.push({ x: x - 3, y: y - 34, width: 16, height: 17 });
		frame.signs.add(art.get(`sign.${look.frame % 2}`), x + 5, y - 11, y);
	} else if (look.icon && !look.walking) {
		frame.signs.add(art.get(`bubble.${look.icon}`), x, head + 2, y);
		frame.heads.push({ x: x - 6, y: head - 10, width: 12, height: 10 });
	} else if (view.state === 'starting' || view.state === 'traveling')
		frame.signs.add(art.get('bubble.dots2'), x, head + 2, y);
	if (view.state === 'celebrating' && !frame.calm) confetti(frame, x, y, view.sinceMs);
	if (view.state === 'frustrated' && !look.walking) {
		const t = turn(frame, 150, 12) / 12;
		frame.things.add(art.get('stone'), x + 7 + t * 14, y - Math.sin(t * Math.PI) * 5, y + 0.2);
	}
	// On the side where no tool stands and no sign is held.
	const free = (look.prop && look.prop.dx > 0) || view.state === 'waiting' ? -1 : 1;
	if (view.watchedBy.length > 0)
		frame.signs.add(art.get('badge.eye'), x + free * 15, y - 13, y + 1);
	const hot = selected || hovered;
	const urgent = view.state === 'waiting' || view.state === 'error' || view.state === 'frustrated';
	frame.wishes.push({
		owner: view.id,
		part: 0,
		text: view.demo ? `${view.name} · demo` : view.name,
		style: 'agent',
		x,
		y: y + 3,
		rank: hot ? 100 : urgent ? 80 : look.walking ? 40 : 50,
		must: hot,
		above: false
	});
	// Of a row of people who wait, the first one speaks: a question for each sign would cover them all.
	const speaks =
		hot || view.state !== 'waiting' || view.houseId === null || (actor.queued && actor.place === 0);
	const waiting = frame.waiting.get(view.houseId) ?? 0;
	if (view.bubble && !look.walking && speaks)
		frame.wishes.push({
			owner: view.id,
			part: 1,
			text: actor.queued && waiting > 1 && !hot ? `${waiting} wait · ${view.bubble}` : view.bubble,
			style: view.state === 'waiting' ? 'alert' : 'bubble',
			x,
			y: head - (view.state === 'waiting' ? 13 : 14),
			rank: hot ? 99 : view.state === 'waiting' ? 85 : 45,
			must: hot || view.state === 'waiting',
			above: true
		});
	frame.hits.add({
		kind: 'villager',
		id: view.id,
		x: x - 8,
		y: y - 24,
		width: 16,
		height: 27,
		rank: 3,
		anchor: { x, y: y - 26 }
	});
}

/** Paper that flies up and falls for the five seconds of a celebration. */
function confetti(frame: Frame, x: number, y: number, sinceMs: number): void {
	const t = (frame.nowMs - sinceMs) / 1000;
	if (t > 5) return;
	for (let i = 0; i < 12; i++) {
		const age = (t + i * 0.17) % 1.4;
		const angle = (i * 2.4) % (Math.PI * 2);
		const dx = Math.cos(angle) * 15 * age;
		const dy = -22 - 26 * age + 34 * age * age;
		frame.things.add(
			frame.art.get(`confetti.${i % 6}`),
			x + dx,
			y + dy,
			y + 2,
			Math.max(0, 1 - age / 1.5)
		);
	}
	frame.due(frame.nowMs);
}

function drawPerson(frame: Frame, walker: Walker): void {
	const { view } = walker;
	const { seen, art } = frame;
	const x = Math.round(walker.x * TILE);
	const y = Math.round(walker.y * TILE);
	if (view.pointer && !view.self) {
		const px = Math.round(view.pointer.x * TILE);
		const py = Math.round(view.pointer.y * TILE);
		if (px > seen.x && px < seen.x + seen.width && py > seen.y && py < seen.y + seen.height) {
			frame.signs.add(art.get(`hand.${variantOf(view.id)}`), px, py, 1e6);
			frame.wishes.push({
				owner: view.id,
				part: 1,
				text: view.name,
				style: 'person',
				x: px + 3,
				y: py + 17,
				rank: 30,
				must: false,
				above: false
			});
		}
	}
	if (
		x < seen.x - 30 ||
		x > seen.x + seen.width + 30 ||
		y < seen.y - 10 ||
		y > seen.y + seen.height + 60
	)
		return;
	if (walker.journey) frame.due(frame.nowMs);
	const target = walker.journey?.way.points.at(-1);
	if (view.self && target)
		frame.floor.add(art.get('target.0'), target.x * TILE, target.y * TILE, y, 0.85);
	if (view.self) frame.floor.add(art.get('ring.self'), x, y - 1, y);
	else if (isTarget(frame.selected, 'person', view.id) || isTarget(frame.hover, 'person', view.id))
		frame.floor.add(art.get('ring.select'), x, y - 1, y);
	frame.floor.add(art.get('shadow.s'), x, y - 1, y + 0.1);
	const figure = art.figure(
		'person',
		view.id,
		walker.facing,
		walker.journey ? 'walk' : 'stand',
		walker.frame
	);
	frame.things.add(figure, x, y, y);
	if (frame.lamps > 0) frame.glow.add(figure, x, y, y, 0.34 * frame.lamps);
	frame.wishes.push({
		owner: view.id,
		part: 0,
		text: view.self ? `${view.name} (you)` : view.name,
		style: view.self ? 'self' : 'person',
		x,
		y: y + 3,
		rank: 55,
		must: false,
		above: false
	});
	frame.hits.add({
		kind: 'person',
		id: view.id,
		x: x - 8,
		y: y - 23,
		width: 16,
		height: 26,
		rank: 2,
		anchor: { x, y: y - 26 }
	});
}
