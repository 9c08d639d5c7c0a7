// Which size a terminal has: that of the smallest visible viewer who may type, and never below 80 by 24.

export interface Size {
	cols: number;
	rows: number;
}

/** What one viewer shows. */
export interface Viewport extends Size {
	/** In a tab that somebody can see. */
	visible: boolean;
	/** May type and is no preview. */
	interactive: boolean;
}

export const LEAST_SIZE: Size = { cols: 80, rows: 24 };
const LARGEST_SIZE: Size = { cols: 500, rows: 300 };

/** The size all these viewers can share; null when none of them counts, and then the size stays as it is. */
export function sharedSize(viewports: Iterable<Viewport>): Size | null {
	let cols = Infinity;
	let rows = Infinity;
	for (const viewport of viewports) {
		if (!viewport.visible || !viewport.interactive) continue;
		cols = Math.min(cols, viewport.cols);
		rows = Math.min(rows, viewport.rows);
	}
	if (cols === Infinity) return null;
	return {
		cols: Math.min(LARGEST_SIZE.cols, Math.max(LEAST_SIZE.cols, cols)),
		rows: Math.min(LARGEST_SIZE.rows, Math.max(LEAST_SIZE.rows, rows))
	};
}
