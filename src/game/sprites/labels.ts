// Names and short words, drawn once each with the page's font into one big picture, and copied from there at screen resolution.
// A slot is reused for the label that was shown longest ago.
export type LabelStyle = 'agent' | 'house' | 'person' | 'self' | 'bubble' | 'alert' | 'count';

interface Slot extends Label {
	style: LabelStyle;
	text: string;
	index: number;
	used: number;
}

const STYLES: Record<
	LabelStyle,
	{ ink: string; paper: string; rim: string; weight: number; size: number; max: number }
> = {
	agent: {
		ink: '#ffffff',
		paper: 'rgba(20,22,42,0.80)',
		rim: 'rgba(0,0,0,0)',
		weight: 600,
		size: 11,
		max: 136
	},
	house: {
		ink: '#f8ebca',
		paper: 'rgba(70,40,38,0.94)',
		rim: '#2c1a22',
		weight: 650,
		size: 12,
		max: 150
	},
	person: {
		ink: '#181a30',
		paper: 'rgba(212,240,226,0.94)',
		rim: '#214a6e',
		weight: 650,
		size: 11,
		max: 136
	},
	self: {
		ink: '#181a30',
		paper: 'rgba(251,228,149,0.96)',
		rim: '#86562e',
		weight: 700,
		size: 11,
		max: 136
	},
	bubble: { ink: '#181a30', paper: '#fffaf0', rim: '#181a30', weight: 550, size: 11, max: 168 },
	alert: { ink: '#34212b', paper: '#fbe495', rim: '#34212b', weight: 700, size: 11, max: 176 },
	count: { ink: '#fffaf0', paper: '#181a30', rim: '#fffaf0', weight: 700, size: 12, max: 60 }
};

const SLOT_WIDTH = 192;
const SLOT_HEIGHT = 22;
const COLUMNS = 5;
/** Most labels on the screen at once; beyond, the least important names are left out. */
const ROWS = 46;
export const LABEL_LIMIT = COLUMNS * ROWS;

/** A drawn label: where it lies in `Labels.image` in device pixels, and its size in CSS pixels. */
export interface Label {
	/** Another one for every drawn label. */
	readonly serial: number;
	x: number;
	y: number;
	width: number;
	height: number;
}

export class Labels {
	readonly image: HTMLCanvasElement;
	readonly ratio: number;
	readonly #context: CanvasRenderingContext2D;
	readonly #slots = new Map<LabelStyle, Map<string, Slot>>();
	readonly #free: number[] = [];
	#turn = 0;
	#serial = 0;

	constructor(ratio: number) {
		this.ratio = ratio;
		this.image = document.createElement('canvas');
		this.image.width = Math.ceil(SLOT_WIDTH * COLUMNS * ratio);
		this.image.height = Math.ceil(SLOT_HEIGHT * ROWS * ratio);
		this.#context = this.image.getContext('2d')!;
		for (let i = LABEL_LIMIT - 1; i >= 0; i--) this.#free.push(i);
	}

	/** Call once before the labels of a frame are asked for. */
	begin(): void {
		this.#turn++;
	}

	/** The label of a text in a style, or null when every slot is on the screen already. */
	get(text: string, style: LabelStyle): Label | null {
		const slots = this.#slotsOf(style);
		let slot = slots.get(text);
		if (!slot) {
			const index = this.#free.pop() ?? this.#evict();
			if (index === null) return null;
			slot = this.#draw(text, style, index);
			slots.set(text, slot);
		}
		slot.used = this.#turn;
		return slot;
	}

	#slotsOf(style: LabelStyle): Map<string, Slot> {
		let slots = this.#slots.get(style);
		if (!slots) this.#slots.set(style, (slots = new Map()));
		return slots;
	}

	#evict(): number | null {
		let oldest: Slot | null = null;
		for (const slots of this.#slots.values())
			for (const slot of slots.values())
				if (slot.used < this.#turn && (!oldest || slot.used < oldest.used)) oldest = slot;
		if (!oldest) return null;
		this.#slotsOf(oldest.style).delete(oldest.text);
		return oldest.index;
	}

	#draw(text: string, style: LabelStyle, index: number): Slot {
		const { ink, paper, rim, weight, size, max } = STYLES[style];
		const c = this.#context;
		const x = (index % COLUMNS) * SLOT_WIDTH;
		const y = Math.floor(index / COLUMNS) * SLOT_HEIGHT;
		c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
		c.clearRect(x, y, SLOT_WIDTH, SLOT_HEIGHT);
		c.font = `${weight} ${size}px "Inter Variable", Inter, system-ui, sans-serif`;
		c.textBaseline = 'middle';
		let words = text.replace(/\s+/g, ' ').slice(0, 80);
		if (c.measureText(words).width > max) {
			while (words.length > 1 && c.measureText(words + '…').width > max) words = words.slice(0, -1);
			words = words.trimEnd() + '…';
		}
		const width = Math.min(SLOT_WIDTH - 2, Math.ceil(c.measureText(words).width) + 12);
		const height = size + 7;
		c.beginPath();
		c.roundRect(
			x + 1,
			y + 1,
			width - 2,
			height - 2,
			style === 'house' ? 3 : style === 'count' ? 9 : 5
		);
		c.fillStyle = paper;
		c.fill();
		if (style !== 'agent') {
			c.lineWidth = 1;
			c.strokeStyle = rim;
			c.stroke();
		}
		c.fillStyle = ink;
		c.fillText(words, x + 6, y + height / 2 + 0.5);
		return {
			serial: this.#serial++,
			style,
			text,
			index,
			x: x * this.ratio,
			y: y * this.ratio,
			width,
			height,
			used: this.#turn
		};
	}
}
