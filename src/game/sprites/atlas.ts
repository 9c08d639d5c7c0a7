// Loads the sheets of static/village and answers for frames and anchors. The drawings are made by scripts/draw-art.js.
import type * as Phaser from 'phaser';
import type { ProviderId } from '#domain/provider.ts';
import { variantOf } from '../sim/actors.ts';
import type { Facing } from '../sim/layout.ts';
import type { Pose } from '../sim/villagers.ts';

interface AtlasFrame {
	frame: { x: number; y: number; w: number; h: number };
	anchor?: { x: number; y: number };
	anchors?: Record<string, unknown>;
}
interface VillagerAtlas {
	cell: { w: number; h: number };
	perLine: number;
	perSet: number;
	feet: number;
	outfits: string[];
	variants: number;
	directions: string[];
	poses: [string, number][];
}
export interface GroundAtlas {
	tile: number;
	perLine: number;
	terrains: Record<string, number>;
	grass: number;
	decals: number;
	decalCount: number;
	bridge: number;
}

/** A frame ready to be shown: its texture, and where its foot is in pixels from the upper left. */
export interface Picture {
	texture: string;
	frame: Phaser.Textures.Frame;
	width: number;
	height: number;
	ax: number;
	ay: number;
}

/** Languages by the family of houses they live in. */
const FAMILY: Record<string, string> = {
	javascript: 'script',
	typescript: 'script',
	svelte: 'script',
	vue: 'script',
	html: 'page',
	css: 'page',
	markdown: 'page',
	mdx: 'page',
	tex: 'page',
	python: 'snake',
	'jupyter notebook': 'snake',
	r: 'snake',
	julia: 'snake',
	rust: 'systems',
	c: 'systems',
	'c++': 'systems',
	zig: 'systems',
	java: 'jvm',
	kotlin: 'jvm',
	scala: 'jvm',
	clojure: 'jvm',
	groovy: 'jvm',
	go: 'gopher',
	dart: 'gopher',
	swift: 'gopher',
	ruby: 'gem',
	php: 'gem',
	elixir: 'gem',
	perl: 'gem',
	'c#': 'net',
	'f#': 'net',
	haskell: 'net',
	ocaml: 'net'
};

/** The family of a language; unknown and absent ones live in plain timber. */
export const familyOf = (language: string | null): string =>
	FAMILY[(language ?? '').toLowerCase()] ?? 'plain';

const SHEETS = ['houses', 'things'] as const;

export function loadArt(scene: Phaser.Scene): void {
	scene.load.setPath('/village/');
	for (const name of [...SHEETS, 'villagers', 'ground']) {
		scene.load.image(name, `${name}.png`);
		scene.load.json(name, `${name}.json`);
	}
}

export class Art {
	readonly ground: GroundAtlas;
	readonly #textures: Phaser.Textures.TextureManager;
	readonly #known = new Map<string, Picture & { anchors: Record<string, unknown> }>();
	readonly #villagers: VillagerAtlas;
	readonly #offsets = new Map<string, number>();

	constructor(scene: Phaser.Scene) {
		this.#textures = scene.textures;
		this.ground = scene.cache.json.get('ground') as GroundAtlas;
		this.#villagers = scene.cache.json.get('villagers') as VillagerAtlas;
		for (const sheet of SHEETS) {
			const atlas = scene.cache.json.get(sheet) as { frames: Record<string, AtlasFrame> };
			const texture = this.#textures.get(sheet);
			for (const [name, { frame, anchor, anchors }] of Object.entries(atlas.frames)) {
				const made = texture.add(name, 0, frame.x, frame.y, frame.w, frame.h);
				if (!made) continue;
				this.#known.set(name, {
					texture: sheet,
					frame: made,
					width: frame.w,
					height: frame.h,
					ax: Math.round((anchor?.x ?? 0.5) * frame.w),
					ay: Math.round((anchor?.y ?? 0.5) * frame.h),
					anchors: anchors ?? {}
				});
			}
		}
		let offset = 0;
		for (const [pose, count] of this.#villagers.poses) {
			this.#offsets.set(pose, offset);
			offset += count;
		}
	}

	/** The picture of a name; the names are those that draw-art.js writes, so a missing one is a mistake of ours. */
	get(name: string): Picture & { anchors: Record<string, unknown> } {
		const hit = this.#known.get(name);
		if (!hit) throw new Error(`No picture named ${name}`);
		return hit;
	}

	/** An anchor in pixels from the upper left of its picture. */
	anchor(name: string, which: string): [number, number] {
		return (this.get(name).anchors[which] as [number, number] | undefined) ?? [0, 0];
	}

	#figures = new Map<number, Picture>();

	/** One frame of an agent or a person. */
	figure(
		outfit: ProviderId | 'person',
		id: string,
		facing: Facing,
		pose: Pose,
		frame: number
	): Picture {
		const v = this.#villagers;
		const row = Math.max(0, v.outfits.indexOf(outfit)) * v.variants + variantOf(id);
		const strip = v.perSet / v.directions.length;
		const standing = pose === 'stand';
		const index =
			row * v.perSet +
			v.directions.indexOf(facing) * strip +
			(this.#offsets.get(standing ? 'walk' : pose) ?? 0) +
			(standing || pose === 'sign' ? 0 : frame);
		let picture = this.#figures.get(index);
		if (!picture) {
			const texture = this.#textures.get('villagers');
			const made = texture.add(
				`v${index}`,
				0,
				(index % v.perLine) * v.cell.w,
				Math.floor(index / v.perLine) * v.cell.h,
				v.cell.w,
				v.cell.h
			);
			picture = {
				texture: 'villagers',
				frame: made!,
				width: v.cell.w,
				height: v.cell.h,
				ax: 8,
				ay: v.feet
			};
			this.#figures.set(index, picture);
		}
		return picture;
	}

	image(name: string): CanvasImageSource {
		return this.#textures.get(name).getSourceImage() as CanvasImageSource;
	}
}
