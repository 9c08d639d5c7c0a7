// One villager as the simulation keeps it.
import { hashText } from '#domain/village.ts';
import type { VillagerView } from '../port.ts';
import type { Group } from './seats.ts';
import type { Journey, Look } from './villagers.ts';

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
	/** Epoch milliseconds at which `look` must be found anew: later than `look.until` for who is out of sight. */
	dueMs: number;
	/** The group it is seated in; undefined before that. */
	group: Group | undefined;
	/** Hash of its id. */
	hash: number;
}

/** A villager nobody has placed yet. */
export const createActor = (view: VillagerView): Actor => ({
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
		stays: -Infinity,
		speed: 0,
		walking: false
	},
	place: 0,
	queued: false,
	journey: null,
	hidden: false,
	dueMs: -Infinity,
	group: undefined,
	hash: hashText(view.id)
});

/** Which of six looks an id has. */
export const variantOf = (id: string): number => hashText(id) % 6;
