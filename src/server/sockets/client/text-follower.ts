// The terminal of one session to one connection: from the store until it has caught up with what is live, then as it comes.
import type { ReadResult, Terminals } from '#server/terminals/types.ts';
import type { Channel } from './channel.ts';
import { eventText, outputText } from './frames.ts';
import type { Outbox } from './outbox.ts';
import { createUtf8, type Piece } from './utf8.ts';

/** Bytes read from the store at a time. */
const PIECE = 65_536;
/** Bytes that could not be written yet are looked for again after this long. */
const UNWRITTEN_MS = 200;

export interface TextFollower {
	/** Next byte to be given out. */
	readonly next: number;
	/** The connection can take more. */
	pump(): void;
	stop(): void;
}

export function createTextFollower(deps: {
	sessionId: string;
	from: number;
	channel: Channel;
	terminals: Pick<Terminals, 'read'>;
	outbox: Outbox;
	/** `next` has grown. */
	moved(): void;
	expired(): void;
	failed(error: unknown): void;
}): TextFollower {
	const { sessionId, channel, outbox } = deps;
	let next = deps.from;
	/** Gets output as it comes. */
	let live = false;
	let reading = false;
	let stopped = false;

	function lost(from: number, to: number): void {
		outbox.send(eventText({ event: 'terminal_gap', data: { sessionId, from, to } }));
		next = to;
	}

	const stopListening = channel.listen({
		output(message, offset, nextOffset) {
			if (stopped) return;
			if (live && offset === next && !outbox.full) {
				outbox.send(message);
				next = nextOffset;
				deps.moved();
				return;
			}
			live = false;
			follower.pump();
		},
		gap(from, to) {
			if (stopped) return;
			if (!live || from !== next) return follower.pump();
			lost(from, to);
			deps.moved();
		},
		expired: () => deps.expired()
	});

	/** Everything before `channel.told` from the store; what the store no longer has is said to be lost. */
	async function read(): Promise<void> {
		const utf8 = createUtf8(next);
		let at = next;
		const give = (piece: Piece | null) => {
			if (!piece) return;
			outbox.send(outputText(sessionId, piece));
			next = piece.nextOffset;
		};
		while (!stopped && at < channel.told) {
			await outbox.room();
			if (stopped) return;
			const told = channel.told;
			const result = await deps.terminals.read(sessionId, at, Math.min(PIECE, told - at));
			if (stopped) return;
			const until = goesOn(result, at, told);
			if (until === null) {
				// Bytes that wait for the disk are not lost.
				await new Promise((resolve) => setTimeout(resolve, UNWRITTEN_MS));
				continue;
			}
			if (until > at) {
				give(utf8.flush());
				lost(at, until);
				utf8.jump(until);
				at = until;
			}
			if (result.data.length > 0 && result.offset === at) {
				give(utf8.push(result.data.subarray(0, told - at)));
				at = utf8.emitted + utf8.waiting;
			}
			deps.moved();
		}
		// The live text goes on here, and it never begins inside a character.
		if (!stopped) give(utf8.flush());
	}

	const follower: TextFollower = {
		get next() {
			return next;
		},
		pump() {
			if (reading || live || stopped) return;
			if (next === channel.told) {
				live = true;
				return deps.moved();
			}
			if (next > channel.told) return;
			reading = true;
			read().then(
				() => {
					reading = false;
					follower.pump();
				},
				(error: unknown) => {
					reading = false;
					if (!stopped) deps.failed(error);
				}
			);
		},
		stop() {
			stopped = true;
			stopListening();
		}
	};
	return follower;
}

/** Where the kept bytes go on, at most at `told`; null: nobody knows yet. */
function goesOn(result: ReadResult, at: number, told: number): number | null {
	if (result.data.length > 0) return Math.min(result.offset, told);
	const gap = result.gaps.find(({ from, to }) => from <= at && to > at);
	if (gap) return Math.min(gap.to, told);
	return at < result.firstOffset ? Math.min(result.firstOffset, told) : null;
}
