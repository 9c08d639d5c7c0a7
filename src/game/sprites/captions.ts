// Places labels on the screen: most important first, none over another. A label that has found its place keeps it beside its
// owner; where all of them go is thought over a few times a second only, so that names neither cost a frame nor jump about.
import type { View } from '../input/view.ts';
import type { Frame, Wish } from './frame.ts';
import { LABEL_LIMIT, type Label, type Labels } from './labels.ts';
import { Room } from './room.ts';

/** How often places are looked for anew while things move. */
const PLACE_MS = 150;

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

/** What was decided about one wish. */
interface Place {
	text: string;
	must: boolean;
	rank: number;
	/** Where its owner was then, in world pixels. */
	x: number;
	y: number;
	/** Index of the nudge, or −1: it is not shown. */
	nudge: number;
	/** Order of importance: 0 lies on top. */
	order: number;
	turn: number;
}

interface Drawn {
	label: Label;
	x: number;
	y: number;
	order: number;
}

type Wanted = Pick<Frame, 'wishes' | 'heads' | 'nowMs' | 'due'>;

export class Captions {
	readonly #context: CanvasRenderingContext2D;
	/** By part, then by owner. */
	readonly #places = [new Map<string, Place>(), new Map<string, Place>()] as const;
	readonly #words = new Room();
	readonly #faces = new Room();
	readonly #drawn: Drawn[] = [];
	/** What the canvas shows, as numbers. */
	readonly #shown: number[] = [];
	#placedAt = -Infinity;
	#turn = 0;
	#frameOf = '';

	/** Draws onto a canvas of its own above the map: words keep the screen's resolution. */
	constructor(canvas: HTMLCanvasElement) {
		this.#context = canvas.getContext('2d')!;
	}

	/** Forgets what is shown: the next call draws again. */
	reset(): void {
		this.#frameOf = '';
		this.#shown.length = 0;
	}

	/** Shows the wishes and returns how many of them are seen. */
	show(frame: Wanted, labels: Labels, view: View): number {
		const { wishes, nowMs } = frame;
		const frameOf = `${view.width}x${view.height}@${view.ratio}/${view.zoom}`;
		const news = frameOf === this.#frameOf ? this.#news(wishes) : 'urgent';
		this.#frameOf = frameOf;
		labels.begin();
		if (news === 'urgent' || (news !== 'none' && nowMs - this.#placedAt >= PLACE_MS))
			this.#place(frame, labels, view);
		else if (news !== 'none') frame.due(this.#placedAt + PLACE_MS);

		const drawn = this.#drawn;
		drawn.length = 0;
		for (const wish of wishes) {
			const place = this.#places[wish.part].get(wish.owner);
			if (!place || place.nudge < 0) continue;
			const label = labels.get(place.text, wish.style);
			if (!label) continue;
			const [dx, dy] = NUDGES[place.nudge]!;
			const { x, y } = homeOf(wish, label, view);
			drawn.push({ label, x: x + dx, y: y + (wish.above ? -dy : dy), order: place.order });
		}
		drawn.sort((a, b) => b.order - a.order);
		this.#draw(labels, view);
		return drawn.length;
	}

	/** Whether the wishes are others than those that have places: pressing ones wait for nothing. */
	#news(wishes: readonly Wish[]): 'none' | 'some' | 'urgent' {
		let news: 'none' | 'some' = 'none';
		let known = 0;
		for (const wish of wishes) {
			const place = this.#places[wish.part].get(wish.owner);
			if (place) known++;
			if (wish.must !== (place?.must ?? false)) return 'urgent';
			if (
				!place ||
				place.text !== wish.text ||
				place.rank !== wish.rank ||
				place.x !== wish.x ||
				place.y !== wish.y
			)
				news = 'some';
		}
		return known === this.#places[0].size + this.#places[1].size ? news : 'some';
	}

	#place({ wishes, heads, nowMs }: Wanted, labels: Labels, view: View): void {
		const wide = view.width / view.ratio;
		const high = view.height / view.ratio;
		const scale = view.zoom / view.ratio;
		const turn = ++this.#turn;
		this.#placedAt = nowMs;
		this.#words.clear(wide, high);
		this.#faces.clear(wide, high);
		for (const head of heads)
			this.#faces.take({
				...view.toScreen(head),
				width: head.width * scale,
				height: head.height * scale
			});
		const order = wishes.toSorted((a, b) => b.rank - a.rank || b.y - a.y || a.x - b.x);
		let count = 0;
		order.forEach((wish, index) => {
			const { text, must, rank, x, y } = wish;
			const places = this.#places[wish.part];
			const before = places.get(wish.owner)?.nudge ?? -1;
			const place: Place = { text, must, rank, x, y, nudge: -1, order: index, turn };
			places.set(wish.owner, place);
			const at = view.toScreen(wish);
			if (at.x < -90 || at.x > wide + 90 || at.y < -24 || at.y > high + 24) return;
			const label = count < LABEL_LIMIT ? labels.get(text, wish.style) : null;
			if (!label) return;
			place.nudge = this.#fit(wish, label, view, before);
			if (place.nudge < 0) return;
			const [dx, dy] = NUDGES[place.nudge]!;
			const home = homeOf(wish, label, view);
			this.#words.take({
				x: home.x + dx,
				y: home.y + (wish.above ? -dy : dy),
				width: label.width,
				height: label.height
			});
			count++;
		});
		for (const places of this.#places)
			for (const [owner, place] of places) if (place.turn !== turn) places.delete(owner);
	}

	/** The first nudge that covers nothing, or −1: one that would cover another may step aside a little before it is left out. */
	#fit(wish: Wish, label: Label, view: View, before: number): number {
		const home = homeOf(wish, label, view);
		const { width, height } = label;
		const free = (index: number, faces: boolean) => {
			const [dx, dy] = NUDGES[index]!;
			const x = home.x + dx;
			const y = home.y + (wish.above ? -dy : dy);
			return (
				!this.#words.touches(x, y, width, height) &&
				!(faces && this.#faces.touches(x, y, width, height))
			);
		};
		if (before > 0 && free(before, true)) return before;
		for (let i = 0; i < NUDGES.length; i++) if (free(i, true)) return i;
		// Words may not hide anybody; a name may, before it is left out.
		if (wish.style !== 'bubble')
			for (let i = 0; i < NUDGES.length; i++) if (free(i, false)) return i;
		return wish.must ? 0 : -1;
	}

	#draw(labels: Labels, view: View): void {
		const { canvas } = this.#context;
		const drawn = this.#drawn;
		if (this.#isShown(view)) return;
		if (canvas.width !== view.width || canvas.height !== view.height) {
			canvas.width = view.width;
			canvas.height = view.height;
		} else this.#context.clearRect(0, 0, canvas.width, canvas.height);
		const r = view.ratio;
		for (const { label, x, y } of drawn) {
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

	/** Whether the canvas shows just this already, and remembers that it will. */
	#isShown(view: View): boolean {
		const shown = this.#shown;
		let at = 0;
		let same = true;
		const put = (value: number) => {
			if (shown[at] !== value) {
				shown[at] = value;
				same = false;
			}
			at++;
		};
		put(view.width);
		put(view.height);
		put(view.ratio);
		for (const { label, x, y } of this.#drawn) {
			put(label.serial);
			put(x);
			put(y);
		}
		if (shown.length !== at) {
			shown.length = at;
			same = false;
		}
		return same;
	}
}

/** Upper left corner of a label that hangs where it is wished, in CSS pixels. */
function homeOf(wish: Wish, label: Label, view: View): { x: number; y: number } {
	const at = view.toScreen(wish);
	return {
		x: Math.round(at.x - label.width / 2),
		y: Math.round(wish.above ? at.y - label.height : at.y)
	};
}
