// Draws lists of pictures through pooled images: a list is filled anew for each frame that is shown, sorted, and laid over the pool.
// Off-screen things never enter a list, so they cost nothing; the pool grows to the most that were ever seen at once.
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

export class DrawList {
	readonly layer: Phaser.GameObjects.Layer;
	readonly #scene: Phaser.Scene;
	readonly #pool: Phaser.GameObjects.Image[] = [];
	readonly #blend: number;
	#entries: Entry[] = [];
	#spare: Entry[] = [];

	constructor(scene: Phaser.Scene, blend = 0) {
		this.#scene = scene;
		this.#blend = blend;
		this.layer = scene.add.layer();
	}

	get size(): number {
		return this.#entries.length;
	}

	begin(): void {
		const done = this.#entries;
		this.#entries = this.#spare;
		this.#entries.length = 0;
		this.#spare = done;
	}

	add(
		picture: Picture,
		x: number,
		y: number,
		order = y,
		alpha = 1,
		scaleX = 1,
		scaleY = scaleX,
		tint = 0xffffff
	): void {
		this.#entries.push({ picture, x, y, order, alpha, scaleX, scaleY, tint });
	}

	/** Shows what was added since `begin`. */
	end(): void {
		const entries = this.#entries;
		entries.sort((a, b) => a.order - b.order);
		for (let i = 0; i < entries.length; i++) {
			const entry = entries[i]!;
			let image = this.#pool[i];
			if (!image) {
				image = new Phaser.GameObjects.Image(this.#scene, 0, 0, entry.picture.texture);
				image.setOrigin(0, 0).setBlendMode(this.#blend);
				this.layer.add(image);
				this.#pool.push(image);
			}
			const { picture } = entry;
			if (image.frame !== picture.frame) {
				image.setTexture(picture.texture, picture.frame.name);
				image.setOrigin(0, 0);
			}
			image.setPosition(
				Math.round(entry.x) - picture.ax * entry.scaleX,
				Math.round(entry.y) - picture.ay * entry.scaleY
			);
			image.setScale(entry.scaleX, entry.scaleY);
			image.setAlpha(entry.alpha);
			image.setTint(entry.tint);
			image.setVisible(true);
		}
		for (let i = entries.length; i < this.#pool.length; i++) {
			const image = this.#pool[i]!;
			if (!image.visible) break;
			image.setVisible(false);
		}
	}
}
