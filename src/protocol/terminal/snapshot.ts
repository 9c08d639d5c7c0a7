// Payload of a snapshot frame: `[u16 cols][u16 rows]` big endian, then UTF-8 text for a terminal that was just reset.

export interface Snapshot {
	cols: number;
	rows: number;
	/** A view, not a copy. */
	text: Uint8Array;
}

/** Bytes before the text. */
export const SNAPSHOT_HEADER = 4;

/** Reads a snapshot's payload; null when it is too short or has no size. */
export function readSnapshot(payload: Uint8Array): Snapshot | null {
	if (payload.length < SNAPSHOT_HEADER) return null;
	const cols = payload[0]! * 256 + payload[1]!;
	const rows = payload[2]! * 256 + payload[3]!;
	if (cols === 0 || rows === 0) return null;
	return { cols, rows, text: payload.subarray(SNAPSHOT_HEADER) };
}
