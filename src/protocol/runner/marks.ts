// Time and size marks: kind 0x04. They let a transcript be replayed with true timing and sizes.
// One mark is 20 bytes, big endian: `[u64 output offset][u64 epoch ms][u16 cols][u16 rows]`.

/** Length of one mark in bytes. */
export const MARK_BYTES = 20;

/** The bytes from `offset` on were printed at `atMs`, on a terminal of this size. */
export interface Mark {
	/** Position among the terminal bytes of the attempt. */
	offset: number;
	/** Epoch milliseconds by the runner's clock. */
	atMs: number;
	/** 10..500 */
	cols: number;
	/** 2..300 */
	rows: number;
}

/** Lays out one mark. */
export function encodeMark(mark: Mark): Uint8Array {
	const bytes = new Uint8Array(MARK_BYTES);
	const view = new DataView(bytes.buffer);
	view.setBigUint64(0, BigInt(mark.offset));
	view.setBigUint64(8, BigInt(Math.floor(mark.atMs)));
	view.setUint16(16, mark.cols);
	view.setUint16(18, mark.rows);
	return bytes;
}

/** Reads as many whole marks as there are; a tail shorter than one mark is left out. */
export function decodeMarks(bytes: Uint8Array): Mark[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const marks: Mark[] = [];
	for (let at = 0; at + MARK_BYTES <= bytes.length; at += MARK_BYTES)
		marks.push({
			offset: Number(view.getBigUint64(at)),
			atMs: Number(view.getBigUint64(at + 8)),
			cols: view.getUint16(at + 16),
			rows: view.getUint16(at + 18)
		});
	return marks;
}
