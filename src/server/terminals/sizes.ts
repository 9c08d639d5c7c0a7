// The sizes a terminal had, by the byte from which each was in force.

export interface SizeAt {
	/** Grows by one per size; viewers remember the last they were told. */
	serial: number;
	offset: number;
	cols: number;
	rows: number;
}

export interface Sizes {
	/** The newest size. */
	readonly current: SizeAt;
	/** Adds a size; null when nothing changed by it. */
	add(offset: number, cols: number, rows: number): SizeAt | null;
	/** The size in force at a byte. */
	at(offset: number): SizeAt;
	/** Sizes after a serial whose byte is at or before `upTo`, in order. */
	after(serial: number, upTo: number): SizeAt[];
}

/** Kept sizes; the oldest ones fall out, and then `at` answers with the oldest kept. */
const MOST = 4_096;

export function createSizes(cols: number, rows: number): Sizes {
	const list: SizeAt[] = [{ serial: 0, offset: 0, cols, rows }];
	return {
		get current() {
			return list.at(-1)!;
		},
		add(offset, cols, rows) {
			const last = list.at(-1)!;
			if (last.cols === cols && last.rows === rows) return null;
			// Marks come in order; one that claims to be older than its forerunner is in force from now on.
			const size = { serial: last.serial + 1, offset: Math.max(offset, last.offset), cols, rows };
			list.push(size);
			if (list.length > MOST) list.splice(0, list.length - MOST);
			return size;
		},
		at(offset) {
			for (let i = list.length - 1; i > 0; i--) if (list[i]!.offset <= offset) return list[i]!;
			return list[0]!;
		},
		after(serial, upTo) {
			if (list.at(-1)!.serial === serial) return [];
			return list.filter((size) => size.serial > serial && size.offset <= upTo);
		}
	};
}
