// Night: one small picture of the light, laid over the map by multiplication. Lamps and lit windows make pools in it,
// so what stands under a lamp keeps its own colours. Names and signs are drawn above and are never dimmed.
import * as Phaser from 'phaser';
import { TILE } from '#domain/village.ts';
import type { Daylight } from '../sim/daylight.ts';
import type { Grid } from '../sim/grid.ts';

/** A source of light, in world pixels. */
export interface Light {
	x: number;
	y: number;
	radius: number;
	warmth: number;
}

/** World pixels per pixel of the light picture. */
const GRAIN = 4;
const BANDS = 10;

export class Night {
	readonly #scene: Phaser.Scene;
	readonly layer: Phaser.GameObjects.Layer;
	#image: Phaser.GameObjects.Image | null = null;
	#texture: Phaser.Textures.CanvasTexture | null = null;
	/** What the picture shows, as numbers; empty when it shows nothing. */
	readonly #painted: number[] = [];
	#count = 0;

	constructor(scene: Phaser.Scene) {
		this.#scene = scene;
		this.layer = scene.add.layer();
	}

	/** Repaints when light or lamps differ from the last time; true when they did. */
	show(grid: Grid, light: Daylight, lights: readonly Light[], multiply: number): boolean {
		const bright = light.red === 255 && light.green === 255 && light.blue === 255;
		if (bright) {
			this.#image?.setVisible(false);
			this.#painted.length = 0;
			return false;
		}
		if (!this.#differs(grid, light, lights)) return false;
		const width = Math.ceil((grid.width * TILE) / GRAIN);
		const height = Math.ceil((grid.height * TILE) / GRAIN);
		if (!this.#texture || this.#texture.width !== width || this.#texture.height !== height) {
			this.#image?.destroy();
			const old = this.#texture?.key;
			if (old) this.#scene.textures.remove(old);
			this.#texture = this.#scene.textures.createCanvas(`night.${++this.#count}`, width, height)!;
			this.#image = new Phaser.GameObjects.Image(this.#scene, 0, 0, this.#texture.key);
			this.#image.setOrigin(0, 0).setScale(GRAIN).setBlendMode(multiply);
			this.layer.add(this.#image);
		}
		this.#image!.setPosition(grid.x * TILE, grid.y * TILE);
		this.#image!.setVisible(true);
		const c = this.#texture.getContext();
		c.globalCompositeOperation = 'source-over';
		c.fillStyle = `rgb(${light.red},${light.green},${light.blue})`;
		c.fillRect(0, 0, width, height);
		if (light.lamps > 0.02) {
			// Lightening takes the brighter of the two: overlapping pools do not burn out.
			c.globalCompositeOperation = 'lighten';
			const toward = (from: number, to: number, t: number) => Math.round(from + (to - from) * t);
			for (let band = 1; band <= BANDS; band++) {
				const t = Math.min(1, (band / BANDS) * light.lamps);
				c.fillStyle = `rgb(${toward(light.red, 255, t)},${toward(light.green, 214, t)},${toward(light.blue, 160, t)})`;
				for (const lamp of lights) {
					const r = (lamp.radius * (1 - (band - 1) / BANDS)) / GRAIN;
					const x = (lamp.x - grid.x * TILE) / GRAIN;
					const y = (lamp.y - grid.y * TILE) / GRAIN;
					c.beginPath();
					c.ellipse(x, y, r, r * 0.78, 0, 0, Math.PI * 2);
					c.fill();
				}
			}
		}
		this.#texture.refresh();
		return true;
	}
	/** Whether the picture would be another one, and remembers which. */
	#differs(grid: Grid, light: Daylight, lights: readonly Light[]): boolean {
		const painted = this.#painted;
		let at = 0;
		let differs = false;
		const put = (value: number) => {
			if (painted[at] !== value) {
				painted[at] = value;
				differs = true;
			}
			at++;
		};
		for (const value of [grid.x, grid.y, grid.width, grid.height]) put(value);
		for (const value of [light.red, light.green, light.blue, light.lamps]) put(value);
		for (const { x, y, radius } of lights) {
			put(x);
			put(y);
			put(radius);
		}
		if (painted.length !== at) {
			painted.length = at;
			differs = true;
		}
		return differs;
	}
}
