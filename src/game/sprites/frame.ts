// What the drawing of one frame needs: the world, the lists to draw into, and what the person points at.
import type { EntityKind } from '../port.ts';
import type { Hits } from '../input/hits.ts';
import type { Bounds } from '../input/view.ts';
import type { World } from '../sim/world.ts';
import type { Art } from './atlas.ts';
import type { LabelStyle } from './labels.ts';
import type { Light } from './night.ts';
import type { DrawList } from './stage.ts';

/** A label waiting to be placed; `x`, `y` is its upper middle in world pixels. */
export interface Wish {
	/** Id of what it hangs on, and which of its two labels it is. */
	owner: string;
	part: 0 | 1;
	text: string;
	style: LabelStyle;
	x: number;
	y: number;
	/** Higher first; those that would cover a placed one are left out unless they must be seen. */
	rank: number;
	must: boolean;
	/** Hangs above the place instead of below it. */
	above: boolean;
}

export interface Target {
	kind: EntityKind;
	id: string;
}

export interface Frame {
	world: World;
	/** How many wait for an approval at each house. */
	waiting: ReadonlyMap<string | null, number>;
	art: Art;
	/** Shadows and rings on the ground. */
	floor: DrawList;
	/** Everything that stands, sorted by its foot. */
	things: DrawList;
	/** Signs, bubbles and marks: above the night. */
	signs: DrawList;
	/** Additive light. */
	glow: DrawList;
	hits: Hits;
	wishes: Wish[];
	/** Heads and signs in world pixels: words of others keep off them when they can. */
	heads: { x: number; y: number; width: number; height: number }[];
	lights: Light[];
	seen: Bounds;
	nowMs: number;
	calm: boolean;
	/** Whether leaves and water move at all now. */
	lively: boolean;
	/** 0 by day, 1 at night. */
	lamps: number;
	hover: Target | null;
	selected: Target | null;
	/** Tells at what time the picture must be drawn again at the latest (epoch ms). */
	due(ms: number): void;
}

export const isTarget = (target: Target | null, kind: EntityKind, id: string): boolean =>
	target !== null && target.kind === kind && target.id === id;

/** Index of a turning frame at a time; asks for the next one. */
export function turn(frame: Frame, stepMs: number, count: number, offset = 0): number {
	if (frame.calm) return 0;
	const n = Math.floor(frame.nowMs / stepMs);
	frame.due((n + 1) * stepMs);
	return (n + offset) % count;
}
