// Where each villager is and what it does, computed alike on every client from its state, the time since which it holds, and now.
import type { AgentState } from '#domain/mood.ts';
import { type Point, hashPlace, hashText } from '#domain/village.ts';
import { type Way, createWay, placeOn } from './paths.ts';
import { SQUARE, type Facing, type Layout, type Spot } from './layout.ts';
import { type Roads, createRoads, findRoute } from './roads.ts';

/** `none`: not yet placed. */
export type Pose =
	'none' | 'stand' | 'walk' | 'work' | 'crank' | 'sit' | 'read' | 'sign' | 'jump' | 'sleep';

/** How a villager looks at one moment. `x`, `y` are its feet in tiles; `lift` pixels above the ground. */
export interface Look {
	x: number;
	y: number;
	facing: Facing;
	pose: Pose;
	frame: number;
	lift: number;
	/** Name of the bubble over the head, without its prefix, or null. */
	icon: string | null;
	/** What stands beside it: an atlas frame and where, relative to the feet in pixels. */
	prop: { frame: string; dx: number; dy: number } | null;
	/** Epoch milliseconds until which nothing of this changes; Infinity when only a new state changes it. */
	until: number;
	/** Epoch milliseconds until which it stays where it is, whatever it does there. */
	stays: number;
	/** Tiles per second; 0 for who does not walk. */
	speed: number;
	walking: boolean;
}

const WALK_SPEED = 2.6;
const STROLL_SPEED = 1.5;
const STROLL_SLOT_MS = 42_000;
/** Every stroll ends within this: 39 tiles, more than lie between any two places of the square. */
const STROLL_MOST_MS = 26_000;

/** The seat and manner of each state; the walk to it is added by the world. */
const MANNER: Record<AgentState, { pose: Pose; icon: string | null; home: boolean }> = {
	paused: { pose: 'sit', icon: 'pause', home: true },
	waiting: { pose: 'sign', icon: null, home: true },
	error: { pose: 'stand', icon: 'cross', home: true },
	celebrating: { pose: 'jump', icon: 'check', home: true },
	frustrated: { pose: 'stand', icon: 'storm', home: true },
	running: { pose: 'crank', icon: 'prompt', home: true },
	working: { pose: 'work', icon: 'hammer', home: true },
	reading: { pose: 'read', icon: 'book', home: true },
	thinking: { pose: 'sit', icon: 'dots', home: true },
	starting: { pose: 'stand', icon: 'dots', home: true },
	traveling: { pose: 'stand', icon: 'dots', home: true },
	resting: { pose: 'stand', icon: null, home: false },
	offline: { pose: 'sleep', icon: 'bed', home: true },
	idle: { pose: 'stand', icon: null, home: false }
};

/** Whether a state keeps a villager at its house; the others have nothing to do there. */
export const belongsHome = (state: AgentState): boolean => MANNER[state].home;

/**
 * Gives each villager of a house a spot: its own by the hash of its id, the next free one when that is taken.
 * Beyond the number of spots they share. Order of ids decides, so that every client agrees.
 */
export function assignSpots(ids: readonly string[], spots: number): Map<string, number> {
	const taken = new Set<number>();
	const given = new Map<string, number>();
	for (const id of ids.toSorted()) {
		let spot = hashText(id) % Math.min(spots, Math.max(2, ids.length));
		if (taken.size < spots) while (taken.has(spot)) spot = (spot + 1) % spots;
		taken.add(spot);
		given.set(id, spot);
	}
	return given;
}

/** Where a villager without work is in a slot of the stroll: `rank` spreads them over all spots before any is shared. */
function leisureSpot(layout: Layout, rank: number, slot: number): Spot {
	const { leisure } = layout;
	// A stride coprime with the number of spots walks through all of them and keeps different ranks apart.
	let stride = 7;
	while (gcd(stride, leisure.length) !== 1) stride++;
	const spot = leisure[(rank + slot * stride) % leisure.length]!;
	return spot;
}

/** Where in a crowded spot someone stands; ways are shared by all, so the shift is added to what they give. */
function shifted(look: Look, rank: number, spots: number): Look {
	const ring = Math.floor(rank / spots);
	// Strollers of the same ring meet at a place now and then: each keeps a little to its own side, but on a seat.
	const reach = ring > 0 ? 0.3 : look.pose === 'sit' ? 0 : 0.13;
	const turn = ring > 0 ? ring : rank;
	if (ring > 0) {
		if (look.pose === 'sit') look.pose = 'stand';
		look.lift = 0;
	}
	look.x += (((turn * 5) % 7) - 3) * reach;
	look.y += (((turn * 3) % 5) - 2) * reach;
	return look;
}

function gcd(a: number, b: number): number {
	return b === 0 ? a : gcd(b, a % b);
}

/** Ways remembered at once: more than there are between all places of the square. Beyond, all are forgotten. */
const WAYS_LIMIT = 6_000;
/** Ways searched for in one step: two thousand who come at once may not hold up a frame. */
const SEARCHES_PER_STEP = 16;
/** And before the first picture, where a little more is not felt: up to some hundred villagers are right at once. */
const SEARCHES_AT_FIRST = 128;

/** How soon a stroller whose way is not known yet asks again, at the earliest. */
const ASK_AGAIN_MS = 60;

/** Keeps the ways that are walked again and again, and shares the search for new ones out over the frames. */
export class Ways {
	readonly #layout: Layout;
	readonly #known = new Map<string, Way>();
	#roads: Roads | null = null;
	#searches = SEARCHES_AT_FIRST;

	constructor(layout: Layout) {
		this.#layout = layout;
	}

	/** The way between two places; straight when the map has none (someone was inside a new wall). */
	between(from: Point, to: Point): Way {
		const key = keyOf(from, to);
		return this.#known.get(key) ?? this.#search(key, from, to);
	}

	/** A new step begins: new ways may be searched for again. */
	renew(): void {
		this.#searches = SEARCHES_PER_STEP;
	}

	/** Whether this step has searched for as many ways as it may. */
	get tired(): boolean {
		return this.#searches <= 0;
	}

	/** The way between two places, or null when enough ways were searched for in this step: ask again in a later one. */
	soon(from: Point, to: Point): Way | null {
		const key = keyOf(from, to);
		const known = this.#known.get(key);
		if (known) return known;
		if (this.tired) return null;
		return this.#search(key, from, to);
	}

	#search(key: string, from: Point, to: Point): Way {
		this.#searches--;
		const { grid } = this.#layout;
		this.#roads ??= createRoads(grid, SQUARE);
		const tiles = findRoute(grid, this.#roads, from, to);
		const way = createWay(from, tiles ?? [from, to], to);
		if (this.#known.size >= WAYS_LIMIT) this.#known.clear();
		this.#known.set(key, way);
		return way;
	}
}

const keyOf = (from: Point, to: Point): string => `${from.x},${from.y}>${to.x},${to.y}`;

const facingOf = (dx: number, dy: number): Facing =>
	Math.abs(dx) > Math.abs(dy) ? (dx < 0 ? 'left' : 'right') : dy < 0 ? 'up' : 'down';

/** A walk that began at a time, at a speed in tiles per second. */
export interface Journey {
	way: Way;
	startMs: number;
	speed: number;
}

export const journeyEnd = (journey: Journey): number =>
	journey.startMs + (journey.way.length / journey.speed) * 1000;

/** How someone looks while walking. */
export function walkingLook(journey: Journey, nowMs: number): Look {
	const distance = ((nowMs - journey.startMs) / 1000) * journey.speed;
	const at = placeOn(journey.way, distance);
	const pace = Math.max(90, 240 / journey.speed + 40);
	return {
		x: at.x,
		y: at.y,
		facing: facingOf(at.dx, at.dy),
		pose: 'walk',
		frame: Math.floor((nowMs - journey.startMs) / pace) & 3,
		lift: 0,
		icon: null,
		prop: null,
		until: nowMs,
		stays: nowMs,
		speed: journey.speed,
		walking: true
	};
}

/** The walk of someone new: from the gate to the house, begun when the state began. */
export function arrival(layout: Layout, ways: Ways, to: Point, sinceMs: number): Journey {
	const way = ways.between(layout.gate, to);
	return { way, startMs: sinceMs, speed: Math.max(WALK_SPEED, way.length / 12) };
}

/** The walk from where one is to where one ought to be: never longer than six seconds. */
export function errand(way: Way, startMs: number): Journey {
	return { way, startMs, speed: Math.max(WALK_SPEED + 0.4, way.length / 6) };
}

const still = (spot: Spot, pose: Pose, icon: string | null): Look => ({
	x: spot.x,
	y: spot.y,
	facing: spot.facing,
	pose,
	frame: 0,
	lift: 0,
	icon,
	prop: null,
	until: Infinity,
	stays: Infinity,
	speed: 0,
	walking: false
});

/**
 * Someone without work at a time: in a seat, standing about, or on the way between the two.
 * Unless `atOnce`, one whose way is not known yet stands where the walk begins until a later step finds it.
 */
export function leisureLook(
	layout: Layout,
	ways: Ways,
	id: string,
	rank: number,
	nowMs: number,
	calm: boolean,
	atOnce = false
): Look {
	const look = stroll(layout, ways, id, rank, nowMs, calm, atOnce);
	return shifted(look, rank, layout.leisure.length);
}

function stroll(
	layout: Layout,
	ways: Ways,
	id: string,
	rank: number,
	nowMs: number,
	calm: boolean,
	atOnce: boolean
): Look {
	const rest = (spot: Spot): Look =>
		spot.seat ? { ...still(spot, 'sit', null), lift: 4 } : still(spot, 'stand', null);
	if (calm) return rest(leisureSpot(layout, rank, 0));
	const offset = Math.floor(hashPlace(rank, hashText(id) & 0xffff, 3) * STROLL_SLOT_MS);
	const slot = Math.floor((nowMs + offset) / STROLL_SLOT_MS);
	const begin = slot * STROLL_SLOT_MS - offset;
	// Half of the slots are spent where one is: the square is at ease, not a treadmill.
	const stays = (k: number) => hashPlace(k, rank, 11) < 0.45;
	const index = (k: number) => (stays(k) ? k - 1 : k);
	const from = leisureSpot(layout, rank, index(slot - 1));
	const to = leisureSpot(layout, rank, index(slot));
	const next = begin + STROLL_SLOT_MS;
	const stay = (spot: Spot, until: number): Look => ({ ...rest(spot), until, stays: until });
	if (from === to || (from.x === to.x && from.y === to.y)) return stay(to, next);
	// Who has walked the longest way there could be has arrived: no way needs to be known for that.
	if (nowMs - begin >= STROLL_MOST_MS) return stay(to, next);
	const way = atOnce ? ways.between(from, to) : ways.soon(from, to);
	if (!way) return stay(from, nowMs + ASK_AGAIN_MS + (rank % 16) * 16);
	const journey = { way, startMs: begin, speed: STROLL_SPEED };
	if (nowMs < journeyEnd(journey)) return walkingLook(journey, nowMs);
	return stay(to, next);
}

const cycle = (sinceMs: number, nowMs: number, stepMs: number, count: number) => {
	const n = Math.floor(Math.max(0, nowMs - sinceMs) / stepMs);
	return { frame: n % count, until: sinceMs + (n + 1) * stepMs };
};

/** Someone at its spot before the house, by state. Calm mode holds each pose still. */
export function homeLook(
	state: AgentState,
	spot: Spot,
	sinceMs: number,
	nowMs: number,
	calm: boolean
): Look {
	const manner = MANNER[state];
	const look = still(spot, manner.pose, manner.icon);
	const turn = (stepMs: number, count: number) => {
		if (calm) return 0;
		const { frame, until } = cycle(sinceMs, nowMs, stepMs, count);
		look.until = Math.min(look.until, until);
		return frame;
	};
	const side = spot.facing === 'left' ? -1 : 1;
	if (state === 'working') {
		look.frame = turn(150, 4);
		look.facing = side < 0 ? 'left' : 'right';
		look.prop = { frame: 'anvil', dx: side * 12, dy: 0 };
	} else if (state === 'running') {
		look.frame = turn(140, 4);
		look.facing = side < 0 ? 'left' : 'right';
		look.prop = { frame: `machine.${look.frame}`, dx: side * 13, dy: 0 };
	} else if (state === 'thinking') {
		look.facing = 'down';
		look.icon = `dots${calm ? 2 : turn(600, 3)}`;
		look.prop = { frame: 'stump', dx: 0, dy: -1 };
	} else if (state === 'starting' || state === 'traveling') {
		look.facing = 'down';
		look.icon = `dots${calm ? 2 : turn(600, 3)}`;
	} else if (state === 'waiting') {
		look.facing = 'down';
		look.frame = turn(700, 2);
	} else if (state === 'celebrating' && !calm) {
		const t = ((nowMs - sinceMs) % 620) / 620;
		look.lift = Math.round(Math.sin(Math.min(1, t * 1.4) * Math.PI) * 7);
		look.facing = 'down';
		look.until = nowMs;
	} else if (state === 'frustrated') {
		look.frame = turn(450, 2);
		look.facing = 'down';
	} else if (state === 'reading' || state === 'paused' || state === 'error' || state === 'offline')
		look.facing = 'down';
	return look;
}
