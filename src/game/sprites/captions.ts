// Places labels on the screen: most important first, none over another, edges kept.
import type { View } from '../input/view.ts';
import type { Frame } from './frame.ts';
import { LABEL_LIMIT, type Label, type Labels } from './labels.ts';

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
	[14, 3],
	[0, 15],
	[-28, 5],
	[28, 5],
	[0, 23]
];

export class Captions {
	readonly #context: CanvasRenderingContext2D;
	#shown = '';

	/** Draws onto a canvas of its own above the map: words keep the screen's resolution. */
	constructor(canvas: HTMLCanvasElement) {
		this.#context = canvas.getContext('2d')!;
	}

	/** Forgets what is shown: the next call draws again. */
	reset(): void {
		this.#shown = '';
	}

	/** Places the wishes and draws them when they differ from the last time; returns how many are seen. */
	show({ wishes, heads }: Pick<Frame, 'wishes' | 'heads'>, labels: Labels, view: View): number {
		const placed: Area[] = [];
		const faces = heads.map((head): Area => {
			const at = view.toScreen(head);
			const scale = view.zoom / view.ratio;
			return { ...at, width: head.width * scale, height: head.height * scale };
		});
		const touch = (area: Area, others: readonly Area[]) =>
			others.some(
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
		const drawn: { label: Label; x: number; y: number }[] = [];
		for (const wish of wishes) {
			if (drawn.length >= LABEL_LIMIT) break;
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
			const finds = (free: () => boolean) =>
				NUDGES.some(([dx, dy]) => {
					area.x = home.x + dx;
					area.y = home.y + (wish.above ? -dy : dy);
					return free();
				});
			// Words may not hide anybody; a name may, before it is left out.
			const fits =
				finds(() => !touch(area, placed) && !touch(area, faces)) ||
				(wish.style !== 'bubble' && finds(() => !touch(area, placed)));
			if (!fits) {
				if (!wish.must) continue;
				Object.assign(area, home);
			}
			placed.push(area);
			drawn.push({ label, x: area.x, y: area.y });
		}
		this.#draw(drawn, labels, view);
		return drawn.length;
	}

	#draw(
		drawn: readonly { label: Label; x: number; y: number }[],
		labels: Labels,
		view: View
	): void {
		const { canvas } = this.#context;
		const shown = `${view.width}x${view.height}@${view.ratio}|${drawn.map((d) => `${d.label.key}@${d.x},${d.y}`).join('|')}`;
		if (shown === this.#shown) return;
		this.#shown = shown;
		if (canvas.width !== view.width || canvas.height !== view.height) {
			canvas.width = view.width;
			canvas.height = view.height;
		} else this.#context.clearRect(0, 0, canvas.width, canvas.height);
		const r = view.ratio;
		// Drawn backwards, so that the most important lies on top.
		for (const { label, x, y } of [...drawn].reverse()) {
			const width = Math.ceil(label.width * r);
			const height = Math.ceil(label.height * r);
			this.#context.drawImage(
				labels.image,
				Math.round(label.x),
				Math.round(label.y),
				width,
				height,
				Math.round(x * r),
				Math.round(y * r),
				width,
				height
			);
		}
	}
}
