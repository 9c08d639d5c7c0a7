// The newest big frames of a watched session: viewers who fell a little behind are sent the very frames the others got,
// instead of copies made for each of them.
import type { LiveFrame } from './live-frame.ts';

export interface Recent {
	push(offset: number, frame: LiveFrame): void;
	/** The frame that begins at exactly this session offset. */
	at(offset: number): LiveFrame | undefined;
}

/** Smaller frames are cheaper to gather from the ring than to send one by one. */
const LEAST = 16_384;

/** @param capacity payload bytes kept */
export function createRecent(capacity: number): Recent {
	const frames = new Map<number, LiveFrame>();
	let held = 0;
	return {
		push(offset, frame) {
			if (frame.length < LEAST) return;
			frames.set(offset, frame);
			held += frame.length;
			for (const [oldest, { length }] of frames) {
				if (held <= capacity) return;
				frames.delete(oldest);
				held -= length;
			}
		},
		at: (offset) => frames.get(offset)
	};
}
