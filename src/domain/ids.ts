// Ids: UUIDv7 text made by us; on the wires any string of the shape below is accepted as an opaque id.

/** `^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$` (control-plane.md, notation). */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

/** Whether a string may be an id. */
export function isId(value: string): boolean {
	return ID_PATTERN.test(value);
}

/**
 * Lays out a UUIDv7 from a time and ten random bytes. Pure, so that the order of ids can be tested.
 * @param atMs epoch milliseconds, 48 bits
 * @param random at least 10 bytes
 */
export function uuidV7(atMs: number, random: Uint8Array): string {
	const bytes = new Uint8Array(16);
	let rest = Math.floor(atMs);
	for (let i = 5; i >= 0; i--) {
		bytes[i] = rest % 256;
		rest = Math.floor(rest / 256);
	}
	bytes.set(random.subarray(0, 10), 6);
	bytes[6] = 0x70 | (bytes[6]! & 0x0f);
	bytes[8] = 0x80 | (bytes[8]! & 0x3f);
	const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
