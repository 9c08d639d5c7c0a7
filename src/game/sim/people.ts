// Avatars of people: they walk to where the port says they are, along the paths, and are simply there when it is far.
import type { Point } from '#domain/village.ts';
import type { PersonView } from '../port.ts';
import type { Grid } from './grid.ts';
import type { Facing } from './layout.ts';
import { createWay, findPath } from './paths.ts';
import { type Journey, journeyEnd, walkingLook } from './villagers.ts';

export interface Walker {
	view: PersonView;
	/** Where the avatar is now, in tiles. */
	x: number;
	y: number;
	facing: Facing;
	frame: number;
	journey: Journey | null;
}

/** Tiles per second; a long way is walked faster, so that nobody lags more than five seconds behind. */
const SPEED = 4.2;
const LONGEST_S = 5;
/** Beyond this many tiles nobody walks. */
const FAR = 60;

/** Replaces the list of people: who stays walks to the new place, who is new stands there, who is missing is gone. */
export function setPeople(
	people: Map<string, Walker>,
	views: readonly PersonView[],
	grid: Grid,
	nowMs: number
): void {
	const gone = new Set(people.keys());
	for (const view of views) {
		gone.delete(view.id);
		const walker = people.get(view.id);
		if (walker) {
			walker.view = view;
			sendTo(walker, view, grid, nowMs);
		} else
			people.set(view.id, { view, x: view.x, y: view.y, facing: 'down', frame: 0, journey: null });
	}
	for (const id of gone) people.delete(id);
}

/** Lets an avatar walk to a place; far away it is simply there. */
export function sendTo(walker: Walker, to: Point, grid: Grid, nowMs: number): void {
	const end = walker.journey?.way.points.at(-1);
	if (end && end.x === to.x && end.y === to.y) return;
	const distance = Math.hypot(walker.x - to.x, walker.y - to.y);
	if (distance < 0.05) return;
	if (distance > FAR) {
		walker.x = to.x;
		walker.y = to.y;
		walker.journey = null;
		return;
	}
	const from = { x: walker.x, y: walker.y };
	const tiles = distance > 1.5 ? findPath(grid, from, to) : null;
	const way = createWay(from, tiles ?? [from, to], { x: to.x, y: to.y });
	walker.journey = { way, startMs: nowMs, speed: Math.max(SPEED, way.length / LONGEST_S) };
}

/** Moves an avatar on; true while it is on its way. */
export function walkOn(walker: Walker, nowMs: number, calm: boolean): boolean {
	const { journey } = walker;
	if (!journey) return false;
	const over = calm || nowMs >= journeyEnd(journey);
	const look = walkingLook(journey, over ? journeyEnd(journey) : nowMs);
	walker.x = look.x;
	walker.y = look.y;
	walker.facing = look.facing;
	walker.frame = over ? 0 : look.frame;
	if (over) {
		// Exactly there: rounding on the way must not leave two clients a hair apart.
		({ x: walker.x, y: walker.y } = journey.way.points.at(-1)!);
		walker.journey = null;
	}
	return true;
}
