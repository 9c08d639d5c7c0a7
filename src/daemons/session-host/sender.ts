import { CONNECTION_WINDOW, MAX_STREAM_PAYLOAD, STREAM_WINDOW } from '#protocol/host/limits.ts';
import { STREAM_HEADER, writeStreamHeader } from '#protocol/host/stream-frame.ts';
import type { Spool } from './spool.ts';
import { WIRE_HEADER, writeBinaryHeader } from './wire.ts';

/** Headers in front of a payload. */
const ROOM = WIRE_HEADER + STREAM_HEADER;

/** Bytes handed to the socket and not yet taken by the kernel: small, so that control never waits. */
const SOCKET_BUFFER = 256 * 1024;
/** Kept free of floods in the connection's window … */
const RESERVE = 512 * 1024;
/** … for streams with less than this under way. */
const SMALL = MAX_STREAM_PAYLOAD;
const SLIVER = 16 * 1024;

export interface Windows {
	streamBytes: number;
	connectionBytes: number;
}

export interface SenderSocket {
	write(bytes: Uint8Array): unknown;
	readonly writableLength: number;
}

interface Stream {
	kind: number;
	streamId: number;
	spool: Spool;
	sent: number;
	acked: number;
	ready: boolean;
}

export interface Sender {
	/** Sends this stream from an offset on, until `unfollow`. */
	follow(streamId: number, kind: number, spool: Spool, offset: number): void;
	unfollow(): void;
	drop(streamId: number): void;
	ack(streamId: number, kind: number, offset: number): void;
	/**
	 * New bytes are in the spool; `frame` (wire header included) is sent as it is when all before it is out.
	 * True when the socket still reads its memory after the call.
	 */
	offer(streamId: number, kind: number, offset: number, frame: Buffer): boolean;
	/** New bytes are in the spool. */
	wake(streamId: number, kind: number): void;
	/** The socket can take more. */
	pump(): void;
}

/**
 * Sends followed streams over one socket: at most 1 MiB unacknowledged per stream and 4 MiB in all,
 * one frame of each stream that has something in turn, so that a flood delays no other session.
 * What does not fit stays in the spool; nothing is queued here.
 */
export function createSender(
	socket: SenderSocket,
	windows: Windows = { streamBytes: STREAM_WINDOW, connectionBytes: CONNECTION_WINDOW }
): Sender {
	const streams = new Map<number, Stream>();
	let turns: Stream[] = [];
	let underWay = 0;
	/** A stream waits for the connection's window, not for its own. */
	let starved = false;
	/** Where frames from the spool are made; used again when the socket has taken one at once. */
	let scratch: Buffer | undefined;
	const key = (streamId: number, kind: number): number => streamId * 256 + kind;

	function allowance(stream: Stream): number {
		const own = stream.sent - stream.acked;
		const all =
			windows.connectionBytes - (own < SMALL ? 0 : Math.min(RESERVE, windows.connectionBytes / 8));
		return Math.min(windows.streamBytes - own, all - underWay, MAX_STREAM_PAYLOAD);
	}

	function account(stream: Stream, length: number): void {
		stream.sent += length;
		underWay += length;
	}

	/** Sends one frame from the spool; false when there is nothing to send now. */
	function sendOne(stream: Stream): boolean {
		const max = allowance(stream);
		const waiting = stream.spool.end - stream.sent;
		// A sliver of a window makes slivers of frames: wait for more of it, an ack is on its way.
		const sliver = max < SLIVER && max < waiting && stream.sent > stream.acked;
		if (max <= 0 || waiting <= 0 || sliver) {
			starved ||= waiting > 0 && stream.sent - stream.acked < windows.streamBytes;
			return false;
		}
		scratch ??= Buffer.allocUnsafeSlow(ROOM + MAX_STREAM_PAYLOAD);
		const length = stream.spool.read(stream.sent, max, scratch, ROOM);
		if (length === null || length === 0) return false;
		writeBinaryHeader(scratch, STREAM_HEADER + length);
		writeStreamHeader(scratch, stream.kind, stream.streamId, stream.sent, WIRE_HEADER);
		socket.write(scratch.subarray(0, ROOM + length));
		if (socket.writableLength > 0) scratch = undefined;
		account(stream, length);
		return true;
	}

	function markReady(stream: Stream): void {
		if (stream.ready) return;
		stream.ready = true;
		turns.push(stream);
	}

	function pump(): void {
		while (socket.writableLength < SOCKET_BUFFER) {
			const stream = turns.shift();
			if (!stream) return;
			stream.ready = false;
			if (streams.get(key(stream.streamId, stream.kind)) !== stream) continue;
			if (sendOne(stream)) markReady(stream);
		}
	}

	function remove(stream: Stream): void {
		underWay -= stream.sent - stream.acked;
		streams.delete(key(stream.streamId, stream.kind));
	}

	return {
		pump,
		follow(streamId, kind, spool, offset) {
			const known = streams.get(key(streamId, kind));
			if (known) remove(known);
			const stream = { kind, streamId, spool, sent: offset, acked: offset, ready: false };
			streams.set(key(streamId, kind), stream);
			markReady(stream);
			pump();
		},
		unfollow() {
			streams.clear();
			turns = [];
			underWay = 0;
		},
		drop(streamId) {
			for (const stream of streams.values()) if (stream.streamId === streamId) remove(stream);
		},
		ack(streamId, kind, offset) {
			const stream = streams.get(key(streamId, kind));
			if (!stream || offset <= stream.acked) return;
			const acked = Math.min(offset, stream.sent);
			underWay -= acked - stream.acked;
			stream.acked = acked;
			if (stream.sent < stream.spool.end) markReady(stream);
			// What became free may be what another stream waits for.
			if (starved) {
				starved = false;
				for (const one of streams.values()) if (one.sent < one.spool.end) markReady(one);
			}
			pump();
		},
		offer(streamId, kind, offset, frame) {
			const stream = streams.get(key(streamId, kind));
			if (!stream) return false;
			const length = frame.length - ROOM;
			const direct = stream.sent === offset && !stream.ready && allowance(stream) >= length;
			if (direct && socket.writableLength < SOCKET_BUFFER) {
				socket.write(frame);
				account(stream, length);
				return socket.writableLength > 0;
			}
			markReady(stream);
			pump();
			return false;
		},
		wake(streamId, kind) {
			const stream = streams.get(key(streamId, kind));
			if (!stream) return;
			markReady(stream);
			pump();
		}
	};
}
