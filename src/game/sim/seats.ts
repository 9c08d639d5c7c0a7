// Who stands where: spots at every house, the line of those who wait, the crowd that is only counted, ranks in the square.
// Only the groups somebody joined or left are seated anew: with thousands of villagers and hundreds of changes a second
// everything else would be counted again in every frame.
import { assignSpots, belongsHome } from './villagers.ts';
import type { Actor } from './actors.ts';
import type { World } from './world.ts';

/** More villagers than this at one house stand as a crowd: the first few are shown, a badge counts the rest. */
export const CROWD_LIMIT = 40;
const CROWD_SHOWN = 12;

/** Where a villager belongs: the id of its house, or null in the square. */
export type Group = string | null;

/** The members of every group, sorted by id, so that every client agrees. */
export type Seats = Map<Group, string[]>;

/** Whether a villager has a house on the map and its state keeps it there. */
export const isAtHome = (world: World, actor: Actor): boolean => groupOf(world, actor) !== null;

export function groupOf(world: World, actor: Actor): Group {
	const { state, houseId } = actor.view;
	return houseId !== null && belongsHome(state) && world.layout.houses.has(houseId)
		? houseId
		: null;
}

/** Where an id is in a sorted list, or would be. */
function indexOf(sorted: readonly string[], id: string): number {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (sorted[middle]! < id) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** Puts a villager where it belongs now and adds the groups it left and joined to `touched`. */
export function join(world: World, actor: Actor, touched: Set<Group>): void {
	const group = groupOf(world, actor);
	touched.add(group);
	if (actor.group === group) return;
	leave(world, actor, touched);
	const members = world.seats.get(group);
	if (members) members.splice(indexOf(members, actor.view.id), 0, actor.view.id);
	else world.seats.set(group, [actor.view.id]);
	actor.group = group;
}

/** Takes a villager out of its group. */
export function leave(world: World, actor: Actor, touched: Set<Group>): void {
	const { group } = actor;
	if (group === undefined) return;
	touched.add(group);
	const members = world.seats.get(group)!;
	members.splice(indexOf(members, actor.view.id), 1);
	if (members.length === 0) world.seats.delete(group);
	actor.group = undefined;
}

/** Groups everybody anew and hands out all places; returns whose place is another one now. */
export function seatAll(world: World): string[] {
	world.seats.clear();
	world.crowds.clear();
	for (const actor of world.actors.values()) {
		const group = groupOf(world, actor);
		const members = world.seats.get(group);
		if (members) members.push(actor.view.id);
		else world.seats.set(group, [actor.view.id]);
		actor.group = group;
	}
	for (const members of world.seats.values()) members.sort();
	return seat(world, new Set(world.seats.keys()));
}

/** Hands out the places of some groups; returns whose place is another one now. */
export function seat(world: World, groups: ReadonlySet<Group>): string[] {
	const changed: string[] = [];
	const put = (id: string, place: number, queued: boolean, hidden = false) => {
		const actor = world.actors.get(id)!;
		if (actor.place !== place || actor.queued !== queued) changed.push(id);
		// Who steps out of a crowd was not looked at for as long as it was only counted.
		if (actor.hidden && !hidden) actor.dueMs = -Infinity;
		actor.place = place;
		actor.queued = queued;
		actor.hidden = hidden;
	};
	for (const group of groups) {
		const ids = world.seats.get(group) ?? [];
		if (group === null) {
			assignRanks(world, ids, (id, rank) => put(id, rank, false));
			continue;
		}
		world.crowds.delete(group);
		const house = world.layout.houses.get(group);
		if (!house || ids.length === 0) continue;
		const { spots, queue } = house;
		const line = lineUp(world, ids).slice(0, queue.length);
		const crowded = ids.length > CROWD_LIMIT;
		const shown = crowded ? new Set(firstOf(world, ids)) : null;
		// Who waits keeps the place at work too: nobody else moves because of it.
		for (const [id, place] of assignSpots(ids, spots.length)) {
			const turn = line.indexOf(id);
			put(id, turn >= 0 ? turn : place, turn >= 0, shown !== null && !shown.has(id));
		}
		if (crowded) world.crowds.set(group, ids.length);
	}
	return changed;
}

/** Those of a crowd who are shown: who waits for an answer first. */
function firstOf(world: World, ids: readonly string[]): string[] {
	const waits = (id: string) => world.actors.get(id)!.view.state === 'waiting';
	return [...ids.filter(waits), ...ids.filter((id) => !waits(id))].slice(0, CROWD_SHOWN);
}

/** Those of a house who wait for an answer, the longest first. */
function lineUp(world: World, ids: readonly string[]): string[] {
	const since = (id: string) => world.actors.get(id)!.view.sinceMs;
	return ids
		.filter((id) => world.actors.get(id)!.view.state === 'waiting')
		.sort((a, b) => since(a) - since(b) || (a < b ? -1 : 1));
}

/** Ranks by hash, so that one who leaves does not shift the others; beyond the spots they double up in rings. */
function assignRanks(
	world: World,
	ids: readonly string[],
	put: (id: string, rank: number) => void
): void {
	const spots = world.layout.leisure.length;
	const room = spots * Math.ceil(Math.max(1, ids.length) / spots);
	const taken = new Uint8Array(room);
	for (const id of ids) {
		let rank = world.actors.get(id)!.hash % (ids.length <= spots ? spots : room);
		while (taken[rank] === 1) rank = (rank + 1) % room;
		taken[rank] = 1;
		put(id, rank);
	}
}
