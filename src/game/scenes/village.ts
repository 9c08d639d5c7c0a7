// The one scene: moves the world on by what came from the port, draws it when it changed, and turns gestures into intents.
import * as Phaser from 'phaser';
import { TILE, type Point } from '#domain/village.ts';
import type { EntityKind, GamePort, VillageChange } from '../port.ts';
import { Hits } from '../input/hits.ts';
import { View } from '../input/view.ts';
import { daylightAt } from '../sim/daylight.ts';
import { HOUSE_TILES } from '../sim/layout.ts';
import { sendTo } from '../sim/people.ts';
import { type Area, type World, createWorld, isSeen, step } from '../sim/world.ts';
import { Art, familyOf, loadArt } from '../sprites/atlas.ts';
import { drawBeings } from '../sprites/beings.ts';
import { Captions } from '../sprites/captions.ts';
import type { Frame, Target } from '../sprites/frame.ts';
import { Ground } from '../sprites/ground.ts';
import { Labels } from '../sprites/labels.ts';
import { Night } from '../sprites/night.ts';
import { drawPlaces } from '../sprites/places.ts';
import { DrawList } from '../sprites/stage.ts';
import { drawMinimap } from '../sprites/minimap.ts';
import { Scenery } from '../sprites/scenery.ts';
import { openingView } from './opening.ts';

/** The moving background (leaves, water) runs this long after something real has moved, then rests. */
const LIVELY_MS = 2_000;
const WATER_MS = 260;
/** Light is looked at anew this often. */
const LIGHT_MS = 60_000;

/** What is near the screen is followed as if it were on it, in tiles: signs and names hang out of their owners' places. */
const NEAR_TILES = 5;

/** How many wait for an answer at each house. */
function countWaiting(world: World): Map<string | null, number> {
	const waiting = new Map<string | null, number>();
	for (const { view } of world.actors.values())
		if (view.approvalsPending > 0) waiting.set(view.houseId, (waiting.get(view.houseId) ?? 0) + 1);
	return waiting;
}

export class VillageScene extends Phaser.Scene {
	readonly view = new View();
	readonly hits = new Hits();
	/** Told once, when the first picture can be drawn. */
	onReady: () => void = () => {};
	hover: Target | null = null;
	selected: Target | null = null;
	following: string | null = null;
	/** A house that is being dragged, and where it would stand. */
	carried: { id: string; x: number; y: number } | null = null;
	world!: World;
	drawn = 0;
	readonly #port: GamePort;
	readonly #reduced: () => boolean;
	readonly #words: HTMLCanvasElement;
	#art!: Art;
	#ground!: Ground;
	#night!: Night;
	#labels!: Labels;
	#captions!: Captions;
	#floor!: DrawList;
	#things!: DrawList;
	#glow!: DrawList;
	#signs!: DrawList;
	#scenery!: Scenery;
	#waiting = new Map<string | null, number>();
	#factsSeen = 0;
	#layoutSeen = 0;
	#versionSeen = 0;
	#dirty = true;
	#movedAt = 0;
	#dueMs = 0;
	#ready = false;
	#transform = '';
	#lastView: readonly number[] = [];

	/** `words` is the canvas above the map on which names are written. */
	constructor(port: GamePort, reduced: () => boolean, words: HTMLCanvasElement) {
		super({ key: 'village' });
		this.#port = port;
		this.#reduced = reduced;
		this.#words = words;
	}

	get ready(): boolean {
		return this.#ready;
	}

	get calm(): boolean {
		return this.#port.settings().motion === 'calm' || this.#reduced();
	}

	preload(): void {
		loadArt(this);
	}

	create(): void {
		const now = Date.now();
		this.#art = new Art(this);
		this.world = createWorld(this.#port.snapshot(), now, this.calm);
		this.#ground = new Ground(this, this.#art, this.world.layout);
		this.#floor = new DrawList(this);
		this.#things = new DrawList(this);
		this.#night = new Night(this);
		this.#glow = new DrawList(this, Phaser.BlendModes.ADD);
		this.#signs = new DrawList(this);
		this.#captions = new Captions(this.#words);
		this.#labels = new Labels(this.view.ratio);
		this.cameras.main.setOrigin(0, 0).setRoundPixels(false);
		this.cameras.main.setBackgroundColor('#2c5a4a');
		this.#ready = true;
		this.#mapChanged();
		openingView(this.view, this.world);
		this.onReady();
	}

	/** The canvas has a new size, in device pixels. */
	resize(width: number, height: number, ratio: number): void {
		this.view.resize(width, height, ratio);
		if (!this.#ready) return;
		if (ratio !== this.#labels.ratio) this.rewrite();
		this.touch();
	}

	/** Writes all words anew: for another screen, or because the page's font has come. */
	rewrite(): void {
		if (!this.#ready) return;
		this.#labels = new Labels(this.view.ratio);
		this.#captions.reset();
		this.touch();
	}

	/** Asks for a new picture. */
	touch(): void {
		this.#dirty = true;
	}

	#mapChanged(): void {
		const { grid } = this.world.layout;
		this.view.bounds = {
			x: (grid.x + 2) * TILE,
			y: (grid.y + 2) * TILE,
			width: (grid.width - 4) * TILE,
			height: (grid.height - 4) * TILE
		};
		this.view.settle();
		this.#scenery = new Scenery(this.world.layout, this.#art);
		this.#layoutSeen = this.world.revision;
		this.#dirty = true;
	}

	/**
	 * Moves on to `nowMs` (epoch) and prepares a picture when something changed.
	 * Returns whether to render, and the epoch ms at which the next look is due (Infinity: only when something comes).
	 */
	tick(
		nowMs: number,
		changes: readonly VillageChange[],
		unseen: boolean,
		pan: Point
	): { render: boolean; dueMs: number } {
		if (!this.#ready) return { render: true, dueMs: nowMs };
		const { calm, world, view } = this;
		const dtMs = Math.max(0, nowMs - world.nowMs);
		if (nowMs >= this.#dueMs || nowMs >= world.nextMs || changes.length > 0 || this.#dirty)
			step(world, { changes, calm, unseen, seen: this.#near() }, dtMs);
		else world.nowMs = nowMs;
		if (world.revision !== this.#layoutSeen) {
			this.#ground.rebuild(world.layout);
			this.#mapChanged();
		}
		if (pan.x !== 0 || pan.y !== 0) {
			view.pan(-pan.x * Math.min(dtMs, 50) * 0.7, -pan.y * Math.min(dtMs, 50) * 0.7);
			this.following = null;
			this.#dirty = true;
		}
		const followed = this.following ? world.actors.get(this.following) : undefined;
		if (followed) {
			const at = { x: followed.look.x * TILE, y: followed.look.y * TILE - 10 };
			if (Math.hypot(at.x - view.x, at.y - view.y) > 1) view.goTo(at, calm);
		}
		if (view.moving && view.ease(Math.min(dtMs, 50))) this.#dirty = true;
		const changed = world.version !== this.#versionSeen || this.#dirty || nowMs >= this.#dueMs;
		this.#versionSeen = world.version;
		if (changed) {
			this.#dirty = false;
			this.#compose(nowMs, calm);
		}
		return {
			render: changed,
			dueMs:
				view.moving || pan.x !== 0 || pan.y !== 0 || this.#dirty
					? nowMs
					: Math.min(this.#dueMs, world.nextMs)
		};
	}

	/** What is on the screen and near it, in tiles; whole ones, so that a slow pan does not ask anew in every frame. */
	#near(): Area {
		const seen = this.view.seen();
		return {
			x: Math.floor(seen.x / TILE) - NEAR_TILES,
			y: Math.floor(seen.y / TILE) - NEAR_TILES,
			width: Math.ceil(seen.width / TILE) + 2 * NEAR_TILES + 1,
			height: Math.ceil(seen.height / TILE) + 2 * NEAR_TILES + 1
		};
	}

	#compose(nowMs: number, calm: boolean): void {
		const { world, view } = this;
		const date = new Date(nowMs);
		const hour = this.#port.settings().hour ?? date.getHours() + date.getMinutes() / 60;
		const light = daylightAt(hour);
		let due = nowMs + LIGHT_MS;
		if (view.moving || this.#anyoneWalks()) this.#movedAt = nowMs;
		if (world.facts !== this.#factsSeen) {
			this.#factsSeen = world.facts;
			this.#waiting = countWaiting(world);
		}
		const lively = !calm && nowMs - this.#movedAt < LIVELY_MS;
		for (const list of [this.#floor, this.#things, this.#glow, this.#signs]) list.begin();
		this.hits.begin();
		const frame: Frame = {
			world,
			waiting: this.#waiting,
			art: this.#art,
			floor: this.#floor,
			things: this.#things,
			signs: this.#signs,
			glow: this.#glow,
			hits: this.hits,
			wishes: [],
			heads: [],
			lights: [],
			seen: view.seen(),
			nowMs,
			calm,
			lively,
			lamps: light.lamps,
			hover: this.hover,
			selected: this.selected,
			due: (ms) => {
				if (ms < due) due = ms;
			}
		};
		this.#scenery.draw(frame);
		drawPlaces(frame);
		drawBeings(frame);
		if (this.carried) {
			const { id, x, y } = this.carried;
			const house = world.houses.get(id);
			const name = `house.${familyOf(house?.language ?? null)}.${house?.size ?? 'small'}`;
			const door = HOUSE_TILES[house?.size ?? 'small'].door;
			this.#signs.add(this.#art.get(name), (x + door + 0.5) * TILE, y * TILE, -1e6, 0.75);
		}
		if (lively) {
			this.#ground.flow(Math.floor(nowMs / WATER_MS) % 4);
			frame.due((Math.floor(nowMs / WATER_MS) + 1) * WATER_MS);
		}
		for (const list of [this.#floor, this.#things, this.#glow, this.#signs]) list.end();
		if (this.#ground.show(view.seen())) this.#dirty = true;
		this.#night.show(world.layout.grid, light, frame.lights, Phaser.BlendModes.MULTIPLY);
		const labels = this.#captions.show(frame, this.#labels, view);
		this.#present();
		this.drawn = this.#floor.size + this.#things.size + this.#signs.size + this.#glow.size + labels;
		this.#dueMs = Math.max(nowMs, due);
		this.#tellView();
	}

	/** Whether somebody walks where it is seen. */
	#anyoneWalks(): boolean {
		const { seen, actors } = this.world;
		for (const { look, hidden } of actors.values())
			if (look.walking && !hidden && isSeen(seen, look)) return true;
		return false;
	}

	/** Gives the canvas the size of the picture and the browser its enlargement. */
	#present(): void {
		const { width, height, scrollX, scrollY, scale, dx, dy } = this.view.picture;
		if (this.scale.width !== width || this.scale.height !== height) {
			this.scale.resize(width, height);
			this.cameras.main.setSize(width, height);
		}
		this.cameras.main.setScroll(scrollX, scrollY);
		const transform = `translate(${dx}px, ${dy}px) scale(${scale})`;
		if (transform === this.#transform) return;
		this.#transform = transform;
		this.game.canvas.style.transform = transform;
	}

	#tellView(): void {
		const { left, top, zoom, width, height, ratio } = this.view;
		const now = [left, top, zoom, width, height];
		if (now.every((value, i) => value === this.#lastView[i])) return;
		this.#lastView = now;
		const seen = this.view.seen();
		this.#port.emit({
			type: 'view',
			x: seen.x / TILE,
			y: seen.y / TILE,
			width: seen.width / TILE,
			height: seen.height / TILE,
			zoom: zoom / ratio
		});
	}

	/** Sends the own avatar somewhere at once; the port hears of it and tells the others. */
	walkTo(tiles: Point): void {
		// The map may have slept for minutes: the walk begins now, not when it last moved.
		this.world.nowMs = Math.max(this.world.nowMs, Date.now());
		for (const walker of this.world.people.values())
			if (walker.view.self) sendTo(walker, tiles, this.world.layout.grid, this.world.nowMs);
		this.#port.emit({ type: 'move_self', x: tiles.x, y: tiles.y });
		this.touch();
	}

	/** Where an entity stands, in world pixels, whether it is on the screen or not; null for unknown ids. */
	placeOf(kind: EntityKind, id: string): Point | null {
		if (!this.#ready) return null;
		const { world } = this;
		const at = (p: Point | undefined, up: number) =>
			p ? { x: p.x * TILE, y: p.y * TILE - up } : null;
		switch (kind) {
			case 'villager':
				return at(world.actors.get(id)?.look, 12);
			case 'person':
				return at(world.people.get(id), 12);
			case 'house':
				return at(world.layout.houses.get(id), 30);
			case 'workshop':
				return at(world.layout.workshops.get(id), 34);
			case 'bell':
				return at(world.layout.bell, 40);
			case 'gate':
				return at(world.layout.gate, 30);
		}
	}

	minimap(): { image: HTMLCanvasElement; x: number; y: number; width: number; height: number } {
		if (!this.#ready)
			return { image: document.createElement('canvas'), x: 0, y: 0, width: 0, height: 0 };
		return drawMinimap(this.world);
	}
}
