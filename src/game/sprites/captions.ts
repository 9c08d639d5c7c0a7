// Places labels on the screen: most important first, none over another, edges kept.
import * as Phaser from 'phaser';
import type { View } from '../input/view.ts';
import type { Wish } from './frame.ts';
import { LABEL_LIMIT, type Labels } from './labels.ts';

interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** CSS pixels. */
const NUDGES: readonly (readonly [number, number])[] = [
	[0, 0],
	[0, 7],
	[-14, 3],
	[14, 3]
];

export class Captions {
	readonly layer: Phaser.GameObjects.Layer;
	readonly #scene: Phaser.Scene;
	readonly #pool: Phaser.GameObjects.Image[] = [];

	constructor(scene: Phaser.Scene) {
		this.#scene = scene;
		this.layer = scene.add.layer();
	}

	/** Drops the images; they belong to a texture of another screen ratio. */
	clear(): void {
		for (const image of this.#pool) image.destroy();
		this.#pool.length = 0;
	}

	show(wishes: Wish[], labels: Labels, view: View): number {
		const placed: Area[] = [];
		const covers = (area: Area) =>
			placed.some(
				(other) =>
					area.x < other.x + other.width &&
					other.x < area.x + area.width &&
					area.y < other.y + other.height &&
					other.y < area.y + area.height
			);
		labels.begin();
		wishes.sort((a, b) => b.rank - a.rank || b.y - a.y || a.x - b.x);
		const wide = view.width / view.ratio;
		const high = view.height / view.ratio;
		let used = 0;
		for (const wish of wishes) {
			if (used >= LABEL_LIMIT) break;
			const at = view.toScreen(wish);
			if (at.x < -90 || at.x > wide + 90 || at.y < -24 || at.y > high + 24) continue;
			const label = labels.get(wish.text, wish.style);
			if (!label) break;
			const area = {
				x: Math.round(at.x - label.width / 2),
				y: Math.round(wish.above ? at.y - label.height : at.y),
				width: label.width,
				height: label.height
			};
			// One that would cover another may step aside a little before it is left out.
			const home = { x: area.x, y: area.y };
			const fits = NUDGES.some(([dx, dy]) => {
				area.x = home.x + dx;
				area.y = home.y + (wish.above ? -dy : dy);
				return !covers(area);
			});
			if (!fits) {
				if (!wish.must) continue;
				Object.assign(area, home);
			}
			placed.push(area);
			let image = this.#pool[used];
			if (!image) {
				image = new Phaser.GameObjects.Image(this.#scene, 0, 0, label.texture);
				this.layer.add(image);
				this.#pool.push(image);
			}
			if (image.frame !== label.frame) image.setTexture(label.texture, label.frame.name);
			image.setOrigin(0, 0).setVisible(true);
			image.setPosition(Math.round(area.x * view.ratio), Math.round(area.y * view.ratio));
			used++;
		}
		for (let i = used; i < this.#pool.length; i++) this.#pool[i]!.setVisible(false);
		labels.end();
		return used;
	}
}
