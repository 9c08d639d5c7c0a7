// One viewer of one session: how far it is, what it may still be sent, and what it is sent next.
import { TERMINAL_HEADER, TERMINAL_KIND, writeTerminalHeader } from '#protocol/terminal/binary.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';
import { SNAPSHOT_HEADER } from '#protocol/terminal/snapshot.ts';
import type { Logger } from '#server/log.ts';
import type { Screen } from './mirrors.ts';
import type { LiveFrame } from './live-frame.ts';
import type { Recent } from './recent.ts';
import type { Ring } from './ring.ts';
import type { SessionStore } from './session-store.ts';
import type { ExitInfo, Peer, TerminalTimings } from './types.ts';

/** What a viewer needs to know of its room. */
export interface Source {
	readonly store: SessionStore;
	readonly stream: number;
	readonly ring: Ring | null;
	readonly recent: Recent | null;
	/** Set when the process has ended and all bytes are here. */
	readonly exit: (ExitInfo & { offset: number }) | null;
	screen(): Promise<Screen>;
}

export interface Follower {
	/** Next session offset to send; -1 before the first screen. */
	readonly next: number;
	/** Gets live frames as they come. */
	readonly live: boolean;
	readonly lagging: boolean;
	/** Offers a frame that was built for everybody. */
	offer(offset: number, frame: LiveFrame): void;
	/** A size was added. */
	sized(): void;
	/** Sends whatever may be sent now. */
	pump(): void;
	acknowledge(offset: number): void;
	begin(from: number | null): void;
	stop(): void;
}

export function createFollower(deps: {
	source: Source;
	peer: Peer;
	exact: boolean;
	timings: TerminalTimings;
	log: Logger;
	/** A screen was sent, or could not be made. */
	onScreen(): void;
}): Follower {
	const { source, peer, timings } = deps;
	const { store, stream } = source;
	let next = -1;
	let acked = 0;
	let sizeSerial = -1;
	let live = false;
	let lagging = false;
	/** Reading from disk or waiting for a screen: pump again when it is done. */
	let busy = false;
	let exited = false;
	let stopped = false;

	const open = () => next - acked < timings.viewerWindow && peer.backlog <= timings.peerBacklog;

	function send(message: TerminalDown): void {
		peer.message(message);
	}

	function sendSizes(upTo: number): void {
		if (sizeSerial === store.sizes.current.serial) return;
		for (const { serial, offset, cols, rows } of store.sizes.after(sizeSerial, upTo)) {
			sizeSerial = serial;
			send({ t: 'size', stream, offset, cols, rows });
		}
	}

	function sendFrame(frame: LiveFrame): void {
		sendSizes(next + frame.length);
		next += frame.length;
		peer.frame(frame.bytes, frame.message);
	}

	function sendBytes(bytes: Buffer): void {
		sendSizes(next + bytes.length);
		const frame = Buffer.allocUnsafe(TERMINAL_HEADER + bytes.length);
		writeTerminalHeader(frame, TERMINAL_KIND.output, stream, next);
		bytes.copy(frame, TERMINAL_HEADER);
		next += bytes.length;
		peer.frame(frame);
	}

	function sendGap(to: number, reason: string): void {
		send({ t: 'gap', stream, from: next, to, reason });
		if (acked === next) acked = to;
		next = to;
	}

	async function sendScreen(): Promise<void> {
		busy = true;
		live = false;
		try {
			const screen = await source.screen();
			if (stopped) return;
			const frame = Buffer.allocUnsafe(TERMINAL_HEADER + SNAPSHOT_HEADER + screen.text.length);
			writeTerminalHeader(frame, TERMINAL_KIND.snapshot, stream, screen.offset);
			frame.writeUInt16BE(screen.cols, TERMINAL_HEADER);
			frame.writeUInt16BE(screen.rows, TERMINAL_HEADER + 2);
			frame.set(screen.text, TERMINAL_HEADER + SNAPSHOT_HEADER);
			peer.frame(frame);
			next = acked = screen.offset;
			sizeSerial = sizesPainted(screen);
			deps.onScreen();
		} catch (error) {
			deps.log.error({ err: error, sessionId: store.sessionId }, 'no terminal screen');
			if (stopped) return;
			// Bytes from the oldest kept one are worse than a screen, and better than nothing.
			next = acked = Math.max(store.terminal.first, store.terminal.head - timings.resumeBytes);
			sizeSerial = -1;
		} finally {
			busy = false;
		}
		pump();
	}

	/** The last size a screen already has; one that is in force from exactly its offset is sent again. */
	function sizesPainted(screen: Screen): number {
		const size = store.sizes.at(screen.offset);
		return size.cols === screen.cols && size.rows === screen.rows ? size.serial : size.serial - 1;
	}

	async function sendStored(max: number): Promise<void> {
		busy = true;
		try {
			const piece = await store.terminal.read(next, max);
			if (stopped || !piece) return;
			if (piece.offset > next) sendGap(piece.offset, 'trimmed');
			sendBytes(piece.data);
		} catch (error) {
			deps.log.error({ err: error, sessionId: store.sessionId }, 'terminal bytes not read');
			return;
		} finally {
			busy = false;
		}
		pump();
	}

	function pump(): void {
		if (stopped || busy || next < 0) return;
		const { terminal } = store;
		for (;;) {
			if (next >= terminal.head) {
				live = true;
				lagging = false;
				sendSizes(next);
				if (source.exit && next >= source.exit.offset && !exited) {
					exited = true;
					const { offset, code, signal } = source.exit;
					send({ t: 'exit', stream, offset, code, signal });
				}
				return;
			}
			live = false;
			lagging = !open();
			if (lagging) return;
			const gap = store.gapAt(next);
			if (gap) {
				sendGap(gap.to, gap.reason);
				continue;
			}
			if (!deps.exact && terminal.head - next > timings.snapshotBehind) {
				void sendScreen();
				return;
			}
			const shared = source.recent?.at(next);
			if (shared) {
				sendFrame(shared);
				continue;
			}
			const most = Math.min(timings.catchUpBytes, acked + timings.viewerWindow - next);
			const bytes = source.ring?.slice(next, most);
			if (bytes) {
				sendBytes(bytes);
				continue;
			}
			if (next < terminal.written) void sendStored(most);
			// Neither in memory nor written yet: the room pumps after the write.
			else void terminal.flush();
			return;
		}
	}

	return {
		get next() {
			return next;
		},
		get live() {
			return live;
		},
		get lagging() {
			return lagging;
		},
		offer(offset, frame) {
			if (!live || next !== offset) return;
			if (open()) return sendFrame(frame);
			live = false;
			lagging = true;
		},
		sized() {
			if (live) sendSizes(store.sizes.current.offset);
		},
		pump,
		acknowledge(offset) {
			if (offset > next || offset <= acked) return;
			acked = offset;
			if (!live) pump();
		},
		begin(from) {
			if (from === null) return void sendScreen();
			next = acked = from;
			// The size in force there is told again: the connection may have broken between the size and its bytes.
			sizeSerial = store.sizes.at(from).serial - 1;
			pump();
		},
		stop() {
			stopped = true;
			live = lagging = false;
		}
	};
}
