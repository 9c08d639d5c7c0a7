// Reads what an agent's driver tells: one JSON object per line of the session's raw stream.
import { MAX_TOLD_LINE } from '#protocol/host/tell-line.ts';
import { Told } from '#protocol/host/told.ts';

const NEWLINE = 0x0a;
/** A line is its text, at most four bytes a character, and its end. */
const MAX_LINE_BYTES = 4 * MAX_TOLD_LINE + 1;

/** One thing told and the offset of the byte after its line. */
export interface FoundTold {
	told: Told;
	end: number;
}

export interface ToldReader {
	/** Offset of the first byte that was not read yet: the start of an unfinished line. */
	readonly next: number;
	/**
	 * @param offset position of the first byte; what was read before is passed over, and bytes that leave a hole start a
	 * new line. Lines that nobody understands are left out.
	 */
	push(offset: number, bytes: Uint8Array): FoundTold[];
}

/** A reader that goes on from an offset at which a line begins. Holds at most one unfinished line. */
export function createToldReader(from: number): ToldReader {
	let start = from;
	let held = Buffer.alloc(0);
	return {
		get next() {
			return start;
		},
		push(offset, bytes) {
			const end = start + held.length;
			if (offset + bytes.length <= end) return [];
			if (offset > end) {
				held = Buffer.alloc(0);
				start = offset;
			}
			held = Buffer.concat([held, bytes.subarray(Math.max(0, start + held.length - offset))]);
			const found: FoundTold[] = [];
			for (let at = held.indexOf(NEWLINE); at >= 0; at = held.indexOf(NEWLINE)) {
				const told = parse(held.subarray(0, at).toString('utf8'));
				held = held.subarray(at + 1);
				start += at + 1;
				if (told) found.push({ told, end: start });
			}
			if (held.length > MAX_LINE_BYTES) {
				start += held.length;
				held = Buffer.alloc(0);
			}
			return found;
		}
	};
}

function parse(line: string): Told | null {
	try {
		const result = Told.safeParse(JSON.parse(line));
		return result.success ? result.data : null;
	} catch {
		return null;
	}
}
