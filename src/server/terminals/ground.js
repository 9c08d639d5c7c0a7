// Finds the places in terminal output where it may be cut: between escape sequences and between characters.
// Plain JavaScript, because the emulator's worker thread loads it as it is.

const GROUND = 0;
const ESCAPE = 1;
const CSI = 2;
/** OSC, DCS, SOS, PM, APC: text up to a terminator. */
const STRING = 3;

/**
 * A scanner that follows the output of one terminal.
 * `scan` returns how many leading bytes of this piece end at a place where a cut is safe (0 when there is none in it).
 * @returns {{ scan(bytes: Uint8Array): number, reset(): void }}
 */
export function createGroundScanner() {
	let state = GROUND;
	/** Continuation bytes of a UTF-8 character that are still to come. */
	let rest = 0;

	return {
		reset() {
			state = GROUND;
			rest = 0;
		},
		scan(bytes) {
			let safe = 0;
			for (let i = 0; i < bytes.length; i++) {
				const byte = /** @type {number} */ (bytes[i]);
				if (rest > 0 && (byte & 0xc0) === 0x80) {
					if (--rest === 0 && state === GROUND) safe = i + 1;
					continue;
				}
				rest = 0;
				if (byte === 0x1b) state = ESCAPE;
				else if (byte === 0x18 || byte === 0x1a) state = GROUND;
				else if (state === GROUND) {
					if (byte >= 0xc2 && byte <= 0xdf) rest = 1;
					else if (byte >= 0xe0 && byte <= 0xef) rest = 2;
					else if (byte >= 0xf0 && byte <= 0xf4) rest = 3;
				} else if (state === ESCAPE) {
					if (byte === 0x5b) state = CSI;
					else if (
						byte === 0x5d ||
						byte === 0x50 ||
						byte === 0x58 ||
						byte === 0x5e ||
						byte === 0x5f
					)
						state = STRING;
					else if (byte >= 0x30 && byte <= 0x7e) state = GROUND;
				} else if (state === CSI) {
					if (byte >= 0x40 && byte <= 0x7e) state = GROUND;
				} else if (byte === 0x07 || byte === 0x9c) state = GROUND;
				if (state === GROUND && rest === 0) safe = i + 1;
			}
			return safe;
		}
	};
}

/**
 * Where reading may begin in output whose beginning is lost: at the first escape character, which ends whatever
 * was under way; without one, after the first line end.
 * @param {Uint8Array} bytes
 * @returns {number}
 */
export function safeStart(bytes) {
	const escape = bytes.indexOf(0x1b);
	if (escape >= 0) return escape;
	return bytes.indexOf(0x0a) + 1;
}
