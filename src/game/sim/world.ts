// The village at one moment: what is known, where everything stands, and when it next changes. `step` is the only way forward.
import { hashText } from '#domain/village.ts';
import type {
	HouseView,
	VillageChange,
	VillagerView,
	VillageSnapshot,
	WorkshopView
} from '../port.ts';
import { type Layout, type Spot, createLayout } from './layout.ts';
import {
	type Journey,
	type Look,
	Ways,
	arrival,
	errand,
	homeLook,
	belongsHome,
	journeyEnd,
	leisureLook,
	walkingLook
} from './villagers.ts';
import { isAtHome, seatAll } from './seats.ts';
import { type Walker, sendTo, setPeople, walkOn } from './people.ts';

export interface Actor {
	view: VillagerView;
	look: Look;
	/** Rank among those without work, or the index of the spot at its house. */
	place: number;
	/** Stands in the row of those who wait at its house; `place` counts from the door. */
	queued: boolean;
	journey: Journey | null;
	/** Part of a crowd that is only counted. */
	hidden: boolean;
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
	approvalsPending: number;
	nowMs: number;
	/** Goes up when the map was rebuilt. */
	revision: number;
	/** Goes up when anything that is drawn has changed. */
	version: number;
	/** Epoch milliseconds at which something is due to move by itself. */
	nextMs: number;
}

export interface StepInputs {
	changes: readonly VillageChange[];
	/** No motion: everyone is where the state puts them. */
	calm: boolean;
	/** What came while nobody looked becomes state, not walks. */
	unseen: boolean;
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
		approvalsPending: snapshot.approvalsPending,
		nowMs,
		revision: 1,
		version: 1,
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

const createActor = (view: VillagerView): Actor => ({
	view,
	look: {
		x: 0,
		y: 0,
		facing: 'down',
		pose: 'none',
		frame: 0,
		lift: 0,
		icon: null,
		prop: null,
		until: -Infinity,
		walking: false
	},
	place: 0,
	queued: false,
	journey: null,
	hidden: false
});

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
	let reseat = false;
	const moved = new Set<string>();
	for (const change of inputs.changes) {
		const effect = applyChange(world, change, moved);
		rebuilt ||= effect === 'map';
		reseat ||= effect === 'map' || effect === 'seats';
	}
	if (inputs.changes.length > 0) world.version++;
	if (rebuilt) {
		world.layout = createLayout(
			world.seed,
			[...world.houses.values()],
			[...world.workshops.values()]
		);
		world.ways = new Ways(world.layout);
		world.revision++;
	}
	const affected = reseat ? new Set([...moved, ...seatAll(world)]) : moved;
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
	let next = world.late.size > 0 ? nowMs : Infinity;
	for (const actor of world.actors.values()) {
		if (actor.hidden) continue;
		if (actor.look.until <= nowMs) {
			refresh(world, actor, nowMs, calm);
			world.version++;
		}
		next = Math.min(next, actor.look.until);
	}
	for (const walker of world.people.values())
		if (walkOn(walker, nowMs, calm)) {
			world.version++;
			next = nowMs;
		}
	world.nextMs = next;
	return world;
}

/** Has a look computed again at the next chance. */
const outdate = (actor: Actor): void => {
	actor.look.until = -Infinity;
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
		from.until = Infinity;
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
	return homeLook(
		view.state,
		{ x: look.x, y: look.y, facing: look.facing },
		view.sinceMs,
		nowMs,
		calm
	);
}

/** The place of a villager who is at home (`isAtHome`). */
function homeSpot(world: World, actor: Actor): Spot {
	const house = world.layout.houses.get(actor.view.houseId ?? '')!;
	return actor.queued ? house.queue[actor.place]! : house.spots[actor.place % house.spots.length]!;
}

type Effect = 'map' | 'seats' | 'none';

function applyChange(world: World, change: VillageChange, moved: Set<string>): Effect {
	switch (change.type) {
		case 'house': {
			const old = world.houses.get(change.house.id);
			const { house } = change;
			world.houses.set(house.id, house);
			return !old || old.x !== house.x || old.y !== house.y || old.size !== house.size
				? 'map'
				: 'none';
		}
		case 'house_removed':
			return world.houses.delete(change.id) ? 'map' : 'none';
		case 'villager': {
			const { villager } = change;
			const actor = world.actors.get(villager.id);
			if (!actor) {
				world.actors.set(villager.id, createActor(villager));
				moved.add(villager.id);
				return 'seats';
			}
			const old = actor.view;
			actor.view = villager;
			if (
				old.state === villager.state &&
				old.houseId === villager.houseId &&
				old.sinceMs === villager.sinceMs
			)
				return 'none';
			moved.add(villager.id);
			// Most changes are of this kind, many a second: another tool in hand at the same place.
			const stays =
				old.houseId === villager.houseId &&
				belongsHome(old.state) === belongsHome(villager.state) &&
				old.state !== 'waiting' &&
				villager.state !== 'waiting' &&
				!world.crowds.has(villager.houseId ?? '');
			return stays ? 'none' : 'seats';
		}
		case 'villager_removed':
			return world.actors.delete(change.id) ? 'seats' : 'none';
		case 'workshop': {
			const known = world.workshops.has(change.workshop.id);
			world.workshops.set(change.workshop.id, change.workshop);
			return known ? 'none' : 'map';
		}
		case 'workshop_removed':
			return world.workshops.delete(change.id) ? 'map' : 'none';
		case 'people':
			setPeople(world.people, change.people, world.layout.grid, world.nowMs);
			return 'none';
		case 'person_moved': {
			const walker = world.people.get(change.id);
			if (!walker) return 'none';
			walker.view = { ...walker.view, x: change.x, y: change.y, pointer: change.pointer };
			sendTo(walker, change, world.layout.grid, world.nowMs);
			return 'none';
		}
		case 'approvals':
			world.approvalsPending = change.pending;
			return 'none';
		case 'reset': {
			const { snapshot } = change;
			world.villageId = snapshot.villageId;
			world.name = snapshot.name;
			const sameMap = world.seed === snapshot.seed && sameHouses(world, snapshot);
			world.seed = snapshot.seed;
			world.houses = new Map(snapshot.houses.map((house) => [house.id, house]));
			world.workshops = new Map(snapshot.workshops.map((shop) => [shop.id, shop]));
			world.approvalsPending = snapshot.approvalsPending;
			const kept = world.actors;
			world.actors = new Map();
			for (const villager of snapshot.villagers) {
				const actor = kept.get(villager.id);
				if (actor) world.actors.set(villager.id, actor);
				applyChange(world, { type: 'villager', villager }, moved);
			}
			setPeople(world.people, snapshot.people, world.layout.grid, world.nowMs);
			return sameMap ? 'seats' : 'map';
		}
	}
}

function sameHouses(world: World, snapshot: VillageSnapshot): boolean {
	if (
		world.houses.size !== snapshot.houses.length ||
		world.workshops.size !== snapshot.workshops.length
	)
		return false;
	return (
		snapshot.workshops.every((shop) => world.workshops.has(shop.id)) &&
		snapshot.houses.every((house) => {
			const old = world.houses.get(house.id);
			return old && old.x === house.x && old.y === house.y && old.size === house.size;
		})
	);
}

/** Which of six looks an id has. */
export const variantOf = (id: string): number => hashText(id) % 6;
