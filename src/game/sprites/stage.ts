// Draws lists of pictures through pooled images: a list is filled anew for each frame that is shown, sorted, and laid over the pool.
// Off-screen things never enter a list, so they cost nothing; the pools grow to the most that were ever seen at once.
import * as Phaser from 'phaser';
import type { Picture } from './atlas.ts';

interface Entry {
	picture: Picture;
	/** Foot in world pixels. */
	x: number;
	y: number;
	/** What is sorted by: further down is nearer. */
	order: number;
	alpha: number;
	scaleX: number;
	scaleY: number;
	tint: number;
}

const WHITE = 0xffffff;

export class DrawList {
	readonly layer: Phaser.GameObjects.Layer;
	readonly #scene: Phaser.Scene;
	readonly #pool: Phaser.GameObjects.Image[] = [];
	readonly #blend: number;
	/** Entries of this and earlier frames; the first `#size` in `#order` are this frame's. */
	readonly #entries: Entry[] = [];
	#order: Entry[] = [];
	#size = 0;
	#shown = 0;

	constructor(scene: Phaser.Scene, blend = 0) {
		this.#scene = scene;
		this.#blend = blend;
		this.layer = scene.add.layer();
	}

	get size(): number {
		return this.#size;
	}

	begin(): void {
		this.#size = 0;
	}

	add(
		picture: Picture,
		x: number,
		y: number,
		order = y,
		alpha = 1,
		scaleX = 1,
		scaleY = scaleX,
		tint = WHITE
	): void {
		const entry = this.#entries[this.#size];
		if (entry) {
			entry.picture = picture;
			entry.x = x;
			entry.y = y;
			entry.order = order;
			entry.alpha = alpha;
			entry.scaleX = scaleX;
			entry.scaleY = scaleY;
			entry.tint = tint;
		} else this.#entries.push({ picture, x, y, order, alpha, scaleX, scaleY, tint });
		this.#size++;
	}

	/** Shows what was added since `begin`. */
	end(): void {
		const order = this.#order;
		order.length = this.#size;
		for (let i = 0; i < this.#size; i++) order[i] = this.#entries[i]!;
		order.sort(byOrder);
		for (let i = 0; i < this.#size; i++) this.#lay(this.#pool[i] ?? this.#grow(), order[i]!);
		for (let i = this.#size; i < this.#shown; i++) this.#pool[i]!.visible = false;
		this.#shown = this.#size;
	}

	#grow(): Phaser.GameObjects.Image {
		const image = new Phaser.GameObjects.Image(this.#scene, 0, 0, '__DEFAULT');
		image.setOrigin(0, 0).setBlendMode(this.#blend);
		this.layer.add(image);
		this.#pool.push(image);
		return image;
	}

	/** Most of a picture is as it was in the last frame: only what differs is set, for setters look up textures and corners. */
	#lay(image: Phaser.GameObjects.Image, entry: Entry): void {
		const { picture, scaleX, scaleY } = entry;
		if (image.frame !== picture.frame) image.setFrame(picture.frame, true, false);
		const x = Math.round(entry.x) - picture.ax * scaleX;
		const y = Math.round(entry.y) - picture.ay * scaleY;
		if (image.x !== x) image.x = x;
		if (image.y !== y) image.y = y;
		if (image.scaleX !== scaleX) image.scaleX = scaleX;
		if (image.scaleY !== scaleY) image.scaleY = scaleY;
		if (image.alpha !== entry.alpha) image.setAlpha(entry.alpha);
		if (image.tintTopLeft !== entry.tint) image.setTint(entry.tint);
		if (!image.visible) image.visible = true;
	}
}

const byOrder = (a: Entry, b: Entry): number => a.order - b.order;
