// The live terminal of one session as text, for all connections that follow it: decoded and laid out once.
import { decodeTerminalFrame, TERMINAL_KIND } from '#protocol/terminal/binary.ts';
import { newId } from '#server/new-id.ts';
import type { Peer, Terminals, Viewer } from '#server/terminals/types.ts';
import { outputText } from './frames.ts';
import { createUtf8, incomplete } from './utf8.ts';

export interface ChannelListener {
	/** Output from `offset` up to `nextOffset`, laid out as it is sent. */
	output(message: Buffer, offset: number, nextOffset: number): void;
	/** These bytes are lost. */
	gap(from: number, to: number): void;
	/** What was printed is no longer kept. */
	expired(): void;
}

export interface Channel {
	/** Everything before this offset was told to listeners, or was there before. Never inside a character. */
	readonly told: number;
	listen(listener: ChannelListener): () => void;
	close(): void;
}

/** Opens a session's terminal at its present end. Throws `SESSION_NOT_FOUND`, `SESSION_DATA_EXPIRED`. */
export async function openChannel(
	terminals: Pick<Terminals, 'attach' | 'extent' | 'read'>,
	sessionId: string,
	/** Half a character waits this long for its other half. */
	tailMs: number
): Promise<Channel> {
	const listeners = new Set<ChannelListener>();
	const at = await beginning(terminals, sessionId);
	const utf8 = createUtf8(at);
	let tail: NodeJS.Timeout | null = null;
	let viewer: Viewer | null = null;
	let seen = at;

	function tell(piece: ReturnType<typeof utf8.flush>): void {
		if (!piece) return;
		const message = outputText(sessionId, piece);
		for (const listener of listeners) listener.output(message, piece.offset, piece.nextOffset);
	}

	function flush(): void {
		if (tail) clearTimeout(tail);
		tail = null;
		tell(utf8.flush());
	}

	const peer: Peer = {
		id: newId(),
		// Everything is taken at once: slow readers are the business of their own outboxes.
		backlog: 0,
		frame(bytes) {
			const read = decodeTerminalFrame(bytes);
			if (read?.kind !== TERMINAL_KIND.output) return;
			seen = read.offset + read.payload.length;
			tell(utf8.push(read.payload));
			if (tail) clearTimeout(tail);
			tail = utf8.waiting > 0 ? setTimeout(flush, tailMs) : null;
			// Not from inside the frame: the engine is still in the middle of sending it.
			queueMicrotask(() => viewer?.acknowledge(seen));
		},
		message(message) {
			if (message.t === 'gap') {
				flush();
				utf8.jump(message.to);
				for (const listener of listeners) listener.gap(message.from, message.to);
			}
			if (message.t === 'detached') for (const listener of listeners) listener.expired();
		}
	};
	viewer = await terminals.attach(
		sessionId,
		peer,
		{ userId: peer.id, name: 'API', canWrite: false },
		{ from: at, exact: true, preview: true },
		0
	);
	viewer.acknowledge(seen);

	return {
		get told() {
			return utf8.emitted;
		},
		listen(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		close() {
			if (tail) clearTimeout(tail);
			viewer?.detach();
			listeners.clear();
		}
	};
}

/** The end of what was printed, or the beginning of the character it ends in. */
async function beginning(
	terminals: Pick<Terminals, 'extent' | 'read'>,
	sessionId: string
): Promise<number> {
	const { firstOffset, nextOffset } = await terminals.extent(sessionId);
	const from = Math.max(firstOffset, nextOffset - 3);
	if (from === nextOffset) return nextOffset;
	const { data, offset } = await terminals.read(sessionId, from, nextOffset - from);
	return offset + data.length === nextOffset ? nextOffset - incomplete(data) : nextOffset;
}
