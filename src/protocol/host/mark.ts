// Time and size marks of a session (kind 0x04): fixed 20-byte records, big endian,
// [u8 type][u48 epochMs][u64 offset][u16 cols][u16 rows][u8 0].

export const MARK_BYTES = 20;

export interface Mark {
	/** time: bytes from `offset` on were flushed at `at`; resize: the PTY has this size from `offset` on. */
	type: 'time' | 'resize';
	/** Milliseconds since 1970. */
	at: number;
	/** Position in the terminal stream (kind 0x01); on pipes that is the transcript the runner renders. */
	offset: number;
	cols: number;
	rows: number;
}

/** Encodes one record. */
export function encodeMark(mark: Mark): Uint8Array {
	const bytes = new Uint8Array(MARK_BYTES);
	const view = new DataView(bytes.buffer);
	view.setUint8(0, mark.type === 'time' ? 1 : 2);
	view.setUint16(1, Math.floor(mark.at / 0x1_0000_0000));
	view.setUint32(3, mark.at >>> 0);
	view.setUint32(7, Math.floor(mark.offset / 0x1_0000_0000));
	view.setUint32(11, mark.offset >>> 0);
	view.setUint16(15, mark.cols);
	view.setUint16(17, mark.rows);
	return bytes;
}

/** Decodes the whole records in `bytes`; a cut one at the end and records of unknown type are left out. */
export function decodeMarks(bytes: Uint8Array): Mark[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const marks: Mark[] = [];
	for (let at = 0; at + MARK_BYTES <= bytes.length; at += MARK_BYTES) {
		const type = view.getUint8(at);
		if (type !== 1 && type !== 2) continue;
		marks.push({
			type: type === 1 ? 'time' : 'resize',
			at: view.getUint16(at + 1) * 0x1_0000_0000 + view.getUint32(at + 3),
			offset: view.getUint32(at + 7) * 0x1_0000_0000 + view.getUint32(at + 11),
			cols: view.getUint16(at + 15),
			rows: view.getUint16(at + 17)
		});
	}
	return marks;
}
