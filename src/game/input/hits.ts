// What lies under the pointer: the boxes of what was last drawn, nearest first.
import type { EntityKind } from '../port.ts';

export interface Box {
	kind: EntityKind;
	id: string;
	/** World pixels. */
	x: number;
	y: number;
	width: number;
	height: number;
	/** Higher wins; equal ones by who stands further down. */
	rank: number;
	/** Where its label hangs, in world pixels. */
	anchor: { x: number; y: number };
}

export class Hits {
	#boxes: Box[] = [];

	begin(): void {
		this.#boxes.length = 0;
	}

	add(box: Box): void {
		this.#boxes.push(box);
	}

	/** The thing at a place in world pixels; `slack` widens small ones for fingers. */
	at(x: number, y: number, slack: number): Box | null {
		let best: Box | null = null;
		for (const box of this.#boxes) {
			const s = box.rank > 1 ? slack : 0;
			if (x < box.x - s || x > box.x + box.width + s || y < box.y - s || y > box.y + box.height + s)
				continue;
			if (!best || box.rank > best.rank || (box.rank === best.rank && box.anchor.y > best.anchor.y))
				best = box;
		}
		return best;
	}

	find(kind: EntityKind, id: string): Box | null {
		return this.#boxes.find((box) => box.kind === kind && box.id === id) ?? null;
	}
}
