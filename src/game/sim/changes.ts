// What comes from outside: every change states the full current value of one thing.
import type { VillageChange, VillageSnapshot } from '../port.ts';
import { createActor } from './actors.ts';
import { sendTo, setPeople } from './people.ts';
import { type Group, join, leave } from './seats.ts';
import { belongsHome } from './villagers.ts';
import type { World } from './world.ts';

/** `map`: it must be built anew; `groups`: everybody is grouped anew. */
type Effect = 'map' | 'groups' | 'none';

/**
 * Takes one change in; repeated ones do nothing. Adds who shows something else to `moved`, and the groups that must be
 * seated anew to `touched`.
 */
export function applyChange(
	world: World,
	change: VillageChange,
	moved: Set<string>,
	touched: Set<Group>
): Effect {
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
				const added = createActor(villager);
				world.actors.set(villager.id, added);
				moved.add(villager.id);
				join(world, added, touched);
				return 'none';
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
			if (!stays) join(world, actor, touched);
			return 'none';
		}
		case 'villager_removed': {
			const actor = world.actors.get(change.id);
			if (!actor) return 'none';
			leave(world, actor, touched);
			world.actors.delete(change.id);
			return 'none';
		}
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
			world.seats.clear();
			for (const villager of snapshot.villagers) {
				const actor = kept.get(villager.id);
				if (actor) {
					actor.group = undefined;
					world.actors.set(villager.id, actor);
				}
				applyChange(world, { type: 'villager', villager }, moved, touched);
			}
			setPeople(world.people, snapshot.people, world.layout.grid, world.nowMs);
			return sameMap ? 'groups' : 'map';
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
