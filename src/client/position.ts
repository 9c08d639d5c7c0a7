// Where one subscription is: what was seen, so that after a break exactly the rest comes.
import type { ServerMessage } from '#protocol/client/down.ts';

/** A message about a session. */
export type SessionEvent = Extract<
	ServerMessage,
	{ type: 'session' | 'terminal' | 'approval_required' }
>;

export interface Position {
	/** Last number seen; null before the first `subscribed`. */
	readonly seq: number | null;
	/** Next byte wanted; null before the first output. */
	readonly offset: number | null;
	/** The session has ended and everything was seen. */
	readonly over: boolean;
	/** How far the session was when it was subscribed to: where the numbers go on when none was seen. */
	begin(headSeq: number, headOffset: number): void;
	/** Notes a message; false when it was seen before. */
	take(message: SessionEvent): boolean;
	/** These bytes are lost. */
	skip(to: number): void;
}

export function createPosition(start: { fromSeq?: number; fromOffset?: number }): Position {
	let seq = start.fromSeq ?? null;
	let offset = start.fromOffset ?? null;
	let over = false;
	/** Questions that waited when it began have numbers from before. */
	const restated = new Set<number>();
	return {
		get seq() {
			return seq;
		},
		get offset() {
			return offset;
		},
		get over() {
			return over;
		},
		begin(headSeq, headOffset) {
			seq ??= headSeq;
			// Otherwise the last page comes first, and where it begins only the server knows.
			if (headOffset === 0) offset ??= 0;
		},
		take(message) {
			if (message.type === 'terminal') {
				if (offset !== null && message.nextOffset <= offset) return false;
				offset = message.nextOffset;
				return true;
			}
			if (seq !== null && message.seq <= seq) {
				const question =
					message.type === 'approval_required' || message.action === 'approval_request';
				if (!question || restated.has(message.seq)) return false;
				restated.add(message.seq);
				return true;
			}
			seq = message.seq;
			over ||= message.type === 'session' && message.action === 'completed';
			return true;
		},
		skip(to) {
			if (offset === null || to > offset) offset = to;
		}
	};
}
