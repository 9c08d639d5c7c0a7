// The village at one moment: what is known, where everything stands, and when it next changes. `step` is the only way forward.
import type { HouseView, VillageChange, VillageSnapshot, WorkshopView } from '../port.ts';
import { type Actor, createActor } from './actors.ts';
import { applyChange } from './changes.ts';
import { type Layout, type Spot, createLayout } from './layout.ts';
import {
	type Look,
	Ways,
	arrival,
	errand,
	homeLook,
	journeyEnd,
	leisureLook,
	walkingLook
} from './villagers.ts';
import { type Group, type Seats, isAtHome, seat, seatAll } from './seats.ts';
import { type Walker, setPeople, walkOn } from './people.ts';

/** A rectangle of the map, in tiles. */
export interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

export interface World {
	villageId: string;
	name: string;
	seed: string;
	layout: Layout;
	ways: Ways;
	houses: Map<string, HouseView>;
	workshops: Map<string, WorkshopView>;
	actors: Map<string, Actor>;
	people: Map<string, Walker>;
	/** Those who are to go elsewhere and whose way is searched for in a later step; at most all villagers. */
	late: Set<string>;
	/** Villagers counted behind the badge of a house. */
	crowds: Map<string, number>;
	seats: Seats;
	/** What was on the screen in the last step; null: everything is followed. */
	seen: Area | null;
	approvalsPending: number;
	nowMs: number;
	/** Goes up when the map was rebuilt. */
	revision: number;
	/** Goes up when anything that is drawn has changed. */
	version: number;
	/** Goes up when something came from outside. */
	facts: number;
	/** Epoch milliseconds at which something is due to move by itself. */
	nextMs: number;
}

export interface StepInputs {
	changes: readonly VillageChange[];
	/** No motion: everyone is where the state puts them. */
	calm: boolean;
	/** What came while nobody looked becomes state, not walks. */
	unseen: boolean;
	/** What is on the screen, with a margin: who is elsewhere is looked at only when it could come into sight. Absent: all. */
	seen?: Area;
}

/** A world as a snapshot tells it; nobody is on the way except those who are just starting. */
export function createWorld(snapshot: VillageSnapshot, nowMs: number, calm = false): World {
	const layout = createLayout(snapshot.seed, snapshot.houses, snapshot.workshops);
	const world: World = {
		villageId: snapshot.villageId,
		name: snapshot.name,
		seed: snapshot.seed,
		layout,
		ways: new Ways(layout),
		houses: new Map(snapshot.houses.map((house) => [house.id, house])),
		workshops: new Map(snapshot.workshops.map((shop) => [shop.id, shop])),
		actors: new Map(),
		people: new Map(),
		late: new Set(),
		crowds: new Map(),
		seats: new Map(),
		seen: null,
		approvalsPending: snapshot.approvalsPending,
		nowMs,
		revision: 1,
		version: 1,
		facts: 1,
		nextMs: nowMs
	};
	for (const view of snapshot.villagers) world.actors.set(view.id, createActor(view));
	setPeople(world.people, snapshot.people, world.layout.grid, world.nowMs);
	seatAll(world);
	for (const actor of world.actors.values()) {
		if (
			!calm &&
			(actor.view.state === 'starting' || actor.view.state === 'traveling') &&
			isAtHome(world, actor)
		)
			actor.journey = arrival(layout, world.ways, homeSpot(world, actor), actor.view.sinceMs);
		refresh(world, actor, nowMs, calm);
	}
	return world;
}

/**
 * Applies what came and moves time forward by `dtMs`. Changes state full values, so a repeated one changes nothing.
 * Mutates and returns the same world: at 60 frames a second a copy per frame would be all garbage.
 */
export function step(world: World, inputs: StepInputs, dtMs: number): World {
	const { calm } = inputs;
	const nowMs = world.nowMs + dtMs;
	world.nowMs = nowMs;
	world.ways.renew();
	let rebuilt = false;
	let regroup = false;
	const moved = new Set<string>();
	const touched = new Set<Group>();
	for (const change of inputs.changes) {
		const effect = applyChange(world, change, moved, touched);
		rebuilt ||= effect === 'map';
		regroup ||= effect !== 'none';
	}
	if (inputs.changes.length > 0) {
		world.version++;
		world.facts++;
	}
	if (rebuilt) {
		world.layout = createLayout(
			world.seed,
			[...world.houses.values()],
			[...world.workshops.values()]
		);
		world.ways = new Ways(world.layout);
		world.revision++;
	}
	const reseat = regroup || touched.size > 0;
	const displaced = regroup ? seatAll(world) : seat(world, touched);
	const affected = displaced.length > 0 ? new Set([...moved, ...displaced]) : moved;
	for (const id of affected) {
		const wasLate = world.late.delete(id);
		const actor = world.actors.get(id);
		if (actor) depart(world, actor, inputs, reseat || wasLate);
	}
	const walks = !calm && !inputs.unseen;
	for (const id of world.late) {
		if (walks && world.ways.tired) break;
		world.late.delete(id);
		const actor = world.actors.get(id);
		if (actor) depart(world, actor, inputs, true);
	}
	if (rebuilt) for (const actor of world.actors.values()) outdate(actor);
	turnTo(world, inputs.seen ?? null);
	let next = world.late.size > 0 ? nowMs : Infinity;
	for (const actor of world.actors.values()) {
		if (actor.hidden) continue;
		if (actor.dueMs <= nowMs) {
			const was = isSeen(world.seen, actor.look);
			refresh(world, actor, nowMs, calm);
			const is = isSeen(world.seen, actor.look);
			actor.dueMs = is ? actor.look.until : nextSeenMs(world.seen!, actor.look, nowMs);
			if (was || is) world.version++;
		}
		if (actor.dueMs < next) next = actor.dueMs;
	}
	for (const walker of world.people.values())
		if (walkOn(walker, nowMs, calm)) {
			world.version++;
			next = nowMs;
		}
	world.nextMs = next;
	return world;
}

/** Another part of the map is on the screen: who is there now, or was on the way while nobody looked, is found anew. */
function turnTo(world: World, seen: Area | null): void {
	const before = world.seen;
	if (
		before === seen ||
		(before &&
			seen &&
			before.x === seen.x &&
			before.y === seen.y &&
			before.width === seen.width &&
			before.height === seen.height)
	)
		return;
	world.seen = seen;
	for (const actor of world.actors.values()) {
		if (isSeen(before, actor.look) || world.late.has(actor.view.id)) continue;
		if (actor.look.walking || isSeen(seen, actor.look)) outdate(actor);
	}
}

/** Whether somebody is where the screen is; everybody is when nothing is known of it. */
export const isSeen = (seen: Area | null, { x, y }: Look): boolean =>
	seen === null ||
	(x >= seen.x && y >= seen.y && x <= seen.x + seen.width && y <= seen.y + seen.height);

/** When somebody out of sight could be in sight at the earliest, epoch ms. */
function nextSeenMs(seen: Area, look: Look, nowMs: number): number {
	if (!look.walking) return look.stays;
	const dx = Math.max(seen.x - look.x, look.x - seen.x - seen.width, 0);
	const dy = Math.max(seen.y - look.y, look.y - seen.y - seen.height, 0);
	return nowMs + Math.max(50, (Math.hypot(dx, dy) / look.speed) * 1000);
}

/** Has a look computed again at the next chance. */
const outdate = (actor: Actor): void => {
	actor.dueMs = -Infinity;
};

/** Lets a villager whose state or place changed show it, and walk there when it is elsewhere, unless nobody would see it. */
function depart(world: World, actor: Actor, inputs: StepInputs, reseated: boolean): void {
	const from = actor.look;
	const fresh = from.pose === 'none';
	outdate(actor);
	if (inputs.calm || inputs.unseen) {
		actor.journey = null;
		return;
	}
	if (!reseated) return;
	actor.journey = null;
	const home = isAtHome(world, actor);
	const { state, sinceMs } = actor.view;
	if (fresh) {
		if (home && (state === 'starting' || state === 'traveling'))
			actor.journey = arrival(world.layout, world.ways, homeSpot(world, actor), sinceMs);
		return;
	}
	if (world.ways.tired) {
		// Many leave at once: stays as it was for some frames more.
		actor.dueMs = Infinity;
		world.late.add(actor.view.id);
		return;
	}
	const to = home
		? homeSpot(world, actor)
		: idleLook(world, actor, world.nowMs + 5_000, false, true);
	if (Math.hypot(from.x - to.x, from.y - to.y) < 0.4) return;
	const begin = Math.min(world.nowMs, Math.max(sinceMs, world.nowMs - 400));
	const way = world.ways.between({ x: from.x, y: from.y }, { x: to.x, y: to.y });
	actor.journey = errand(way, begin);
}

function refresh(world: World, actor: Actor, nowMs: number, calm: boolean): void {
	if (actor.journey) {
		if (!calm && nowMs < journeyEnd(actor.journey)) {
			actor.look = walkingLook(actor.journey, nowMs);
			return;
		}
		actor.journey = null;
	}
	actor.look = isAtHome(world, actor)
		? homeLook(actor.view.state, homeSpot(world, actor), actor.view.sinceMs, nowMs, calm)
		: idleLook(world, actor, nowMs, calm);
}

function idleLook(world: World, actor: Actor, nowMs: number, calm: boolean, atOnce = false): Look {
	const { view } = actor;
	const look = leisureLook(world.layout, world.ways, view.id, actor.place, nowMs, calm, atOnce);
	if (view.state === 'idle' || view.state === 'resting') return look;
	// Without a house the state still shows where one stands.
	if (look.walking) return look;
	const { x, y, facing, stays } = look;
	const shown = homeLook(view.state, { x, y, facing }, view.sinceMs, nowMs, calm);
	return { ...shown, stays, until: Math.min(shown.until, stays) };
}

/** The place of a villager who is at home (`isAtHome`). */
function homeSpot(world: World, actor: Actor): Spot {
	const house = world.layout.houses.get(actor.view.houseId ?? '')!;
	return actor.queued ? house.queue[actor.place]! : house.spots[actor.place % house.spots.length]!;
}
