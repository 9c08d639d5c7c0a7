// The only interface through which the outside talks to the village: a snapshot, the changes after it, and what people do on it.
// The game knows this file, `#domain` and `#protocol`; it never sees Svelte, tRPC or the DOM outside its canvas.
import type { AgentState } from '#domain/mood.ts';
import type { ProviderId } from '#domain/provider.ts';

/** A repository. `size` comes from its number of files: tiny < 10, small < 30, medium < 80, large < 200, huge. */
export interface HouseView {
	id: string;
	name: string;
	language: string | null;
	size: 'tiny' | 'small' | 'medium' | 'large' | 'huge';
	/** Saved position in tiles, or null to be placed by the layout. */
	x: number | null;
	y: number | null;
	/** A session runs here now. */
	lit: boolean;
	smoke: 'none' | 'building' | 'failed' | 'passed';
	demo: boolean;
}

/** An agent. */
export interface VillagerView {
	id: string;
	name: string;
	provider: ProviderId;
	houseId: string | null;
	state: AgentState;
	/** Epoch milliseconds since which `state` holds. */
	sinceMs: number;
	/** Short words for the bubble (a file name, a command, what the approval asks), or null. */
	bubble: string | null;
	sessionId: string | null;
	approvalsPending: number;
	/** Names of the people whose terminal on this villager is open. */
	watchedBy: string[];
	demo: boolean;
}

/** A runner. `load` 0..1; crates on the pallet are free slots. */
export interface WorkshopView {
	id: string;
	name: string;
	status: 'online' | 'offline' | 'draining' | 'maintenance';
	load: number;
	used: number;
	capacity: number;
}

/** A person who is online; positions in tiles, fractions allowed. */
export interface PersonView {
	id: string;
	name: string;
	x: number;
	y: number;
	pointer: { x: number; y: number } | null;
	self: boolean;
}

export interface VillageSnapshot {
	villageId: string;
	name: string;
	/** Decides the map: the same seed and houses give the same map on every client. */
	seed: string;
	houses: HouseView[];
	villagers: VillagerView[];
	workshops: WorkshopView[];
	people: PersonView[];
	approvalsPending: number;
}

/** Each change states the full current value, so applying one twice is harmless. */
export type VillageChange =
	| { type: 'house'; house: HouseView }
	| { type: 'house_removed'; id: string }
	| { type: 'villager'; villager: VillagerView }
	| { type: 'villager_removed'; id: string }
	| { type: 'workshop'; workshop: WorkshopView }
	| { type: 'workshop_removed'; id: string }
	| { type: 'people'; people: PersonView[] }
	| {
			type: 'person_moved';
			id: string;
			x: number;
			y: number;
			pointer: { x: number; y: number } | null;
	  }
	| { type: 'approvals'; pending: number }
	| { type: 'reset'; snapshot: VillageSnapshot };

export type EntityKind = 'house' | 'villager' | 'workshop' | 'person' | 'bell' | 'gate';

/** What a person does on the map. `at` is in CSS pixels relative to the canvas. */
export type Intent =
	| { type: 'hover'; kind: EntityKind | null; id: string | null; at: { x: number; y: number } }
	| { type: 'select'; kind: EntityKind; id: string; at: { x: number; y: number } }
	| { type: 'menu'; kind: EntityKind | 'ground'; id: string | null; at: { x: number; y: number } }
	| { type: 'clear' }
	| { type: 'move_self'; x: number; y: number }
	| { type: 'pointer'; x: number; y: number }
	| { type: 'move_house'; id: string; x: number; y: number }
	| { type: 'view'; x: number; y: number; width: number; height: number; zoom: number };

export interface GameSettings {
	/** 'calm' stops all motion (also the default under prefers-reduced-motion). */
	motion: 'full' | 'calm';
	sound: boolean;
	/** null follows the viewer's clock; else a fixed hour 0..24 (screenshots, tests). */
	hour: number | null;
	/** Operators may drag houses. */
	canArrange: boolean;
}

/** Handed to `create(parent, port)` by whoever mounts the game. */
export interface GamePort {
	/** The village as it is now; asked for at the start and again when the game fell too far behind the changes. */
	snapshot(): VillageSnapshot;
	/** Ends when `signal` aborts. Changes are buffered by the game and drained once a frame. */
	follow(signal: AbortSignal): AsyncIterable<VillageChange>;
	emit(intent: Intent): void;
	settings(): GameSettings;
	/** Calls back when `settings()` changed; returns the function that ends it. */
	onSettings(callback: () => void): () => void;
}

/** What the outside may ask of a running game. All are safe at any time and do nothing for unknown ids. */
export interface GameHandle {
	destroy(): void;
	/** Eases (or jumps, in calm mode) the camera to the thing and rings it. */
	focus(kind: EntityKind, id: string): void;
	/** Follows a villager until the person pans. */
	followVillager(id: string | null): void;
	zoom(step: 1 | -1): void;
	/** A picture of the whole map for the minimap; `x`, `y` is its upper left tile (negative), `width` and `height` are in tiles: 0 until the pictures are loaded. */
	minimap(): { image: HTMLCanvasElement; x: number; y: number; width: number; height: number };
	centerOn(x: number, y: number): void;
	/** Screen position in CSS pixels of an entity's label anchor, or null when off-screen. */
	locate(kind: EntityKind, id: string): { x: number; y: number } | null;
	/** Frames drawn and JS time per frame since the last call, for benchmarks and the sleep test. */
	stats(): { frames: number; jsMsPerFrame: number; drawn: number };
}
