// Who stands where: spots at every house, the line of those who wait, the crowd that is only counted, ranks in the square.
import { hashText } from '#domain/village.ts';
import { assignSpots, belongsHome } from './villagers.ts';
import type { Actor, World } from './world.ts';

/** More villagers than this at one house stand as a crowd: the first few are shown, a badge counts the rest. */
export const CROWD_LIMIT = 40;
const CROWD_SHOWN = 12;

/** Whether a villager has a house on the map and its state keeps it there. */
export const isAtHome = (world: World, actor: Actor): boolean =>
	belongsHome(actor.view.state) && world.layout.houses.has(actor.view.houseId ?? '');

/** Hands out the spots at every house and the ranks in the square; returns whose place is another one now. */
export function seatAll(world: World): string[] {
	const changed: string[] = [];
	const put = (id: string, place: number, queued = false) => {
		const actor = world.actors.get(id)!;
		if (actor.place !== place || actor.queued !== queued) changed.push(id);
		actor.place = place;
		actor.queued = queued;
	};
	const byHouse = new Map<string, string[]>();
	const idle: string[] = [];
	for (const actor of world.actors.values()) {
		actor.hidden = false;
		if (isAtHome(world, actor)) {
			const list = byHouse.get(actor.view.houseId!) ?? [];
			list.push(actor.view.id);
			byHouse.set(actor.view.houseId!, list);
		} else idle.push(actor.view.id);
	}
	world.crowds.clear();
	for (const [houseId, ids] of byHouse) {
		const { spots, queue } = world.layout.houses.get(houseId)!;
		const line = lineUp(world, ids).slice(0, queue.length);
		// Who waits keeps the place at work too: nobody else moves because of it.
		for (const [id, place] of assignSpots(ids, spots.length)) {
			const turn = line.indexOf(id);
			if (turn >= 0) put(id, turn, true);
			else put(id, place);
		}
		if (ids.length <= CROWD_LIMIT) continue;
		const rank = (id: string) => (world.actors.get(id)!.view.state === 'waiting' ? 0 : 1);
		const order = [...ids].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
		for (const id of order.slice(CROWD_SHOWN)) world.actors.get(id)!.hidden = true;
		world.crowds.set(houseId, ids.length);
	}
	const spots = world.layout.leisure.length;
	for (const [id, place] of assignRanks(idle, spots)) put(id, place);
	return changed;
}

/** Those of a house who wait for an answer, the longest first. */
function lineUp(world: World, ids: readonly string[]): string[] {
	const since = (id: string) => world.actors.get(id)!.view.sinceMs;
	return ids
		.filter((id) => world.actors.get(id)!.view.state === 'waiting')
		.sort((a, b) => since(a) - since(b) || (a < b ? -1 : 1));
}

/** Ranks by hash, so that one who leaves does not shift the others; beyond the spots they double up in rings. */
function assignRanks(ids: readonly string[], spots: number): Map<string, number> {
	const taken = new Set<number>();
	const given = new Map<string, number>();
	const room = spots * Math.ceil(Math.max(1, ids.length) / spots);
	for (const id of [...ids].sort()) {
		let rank = hashText(id) % (ids.length <= spots ? spots : room);
		while (taken.has(rank)) rank = (rank + 1) % room;
		taken.add(rank);
		given.set(id, rank);
	}
	return given;
}
