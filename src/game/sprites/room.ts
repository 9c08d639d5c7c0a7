// Which parts of the screen are taken: rectangles in a grid of cells, so that a question costs what lies near it.
export interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

const CELL = { width: 64, height: 20 };

export class Room {
	readonly #cells: Area[][] = [];
	#columns = 1;
	#rows = 1;

	/** Empties it for a screen of a size; what lies outside counts as on its edge. */
	clear(width: number, height: number): void {
		this.#columns = Math.max(1, Math.ceil(width / CELL.width));
		this.#rows = Math.max(1, Math.ceil(height / CELL.height));
		for (const cell of this.#cells) cell.length = 0;
		while (this.#cells.length < this.#columns * this.#rows) this.#cells.push([]);
	}

	#column(x: number): number {
		return Math.max(0, Math.min(this.#columns - 1, Math.floor(x / CELL.width)));
	}

	#row(y: number): number {
		return Math.max(0, Math.min(this.#rows - 1, Math.floor(y / CELL.height)));
	}

	take(area: Area): void {
		const last = this.#column(area.x + area.width);
		const bottom = this.#row(area.y + area.height);
		for (let j = this.#row(area.y); j <= bottom; j++)
			for (let i = this.#column(area.x); i <= last; i++)
				this.#cells[j * this.#columns + i]!.push(area);
	}

	/** Whether a rectangle would touch one that is taken. */
	touches(x: number, y: number, width: number, height: number): boolean {
		const last = this.#column(x + width);
		const bottom = this.#row(y + height);
		for (let j = this.#row(y); j <= bottom; j++)
			for (let i = this.#column(x); i <= last; i++)
				for (const other of this.#cells[j * this.#columns + i]!)
					if (
						x < other.x + other.width &&
						other.x < x + width &&
						y < other.y + other.height &&
						other.y < y + height
					)
						return true;
		return false;
	}
}
