// A websocket client that only counts: at 100,000 frames a second a full client is slower than the servers it measures.
// It reads frame headers on a plain socket and hands out pieces of payload where they lie.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

export interface SinkEvents {
	/** A piece of a binary message: where it begins in the message, and whether the message ends with it. */
	binary(piece: Buffer, at: number, last: boolean): void;
	text(text: string): void;
	/** Pieces of text messages where they lie, instead of `text`: decoding 200 MB a second is what the sink has no time for. */
	pieces?(piece: Buffer): void;
	/** The connection has ended. */
	closed(): void;
}

export interface Sink {
	send(payload: string | Uint8Array): void;
	/** Stops reading, as a browser tab that hangs does. */
	stall(): void;
	close(): void;
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Opens a connection; the events are set before a byte is read. Rejects when the server refuses. */
export function openSink(
	url: string,
	headers: Record<string, string>,
	events: SinkEvents
): Promise<Sink> {
	return new Promise((resolve, reject) => {
		const asked = request(url.replace(/^ws/, 'http'), {
			headers: {
				...headers,
				connection: 'Upgrade',
				upgrade: 'websocket',
				'sec-websocket-version': '13',
				'sec-websocket-key': randomBytes(16).toString('base64')
			}
		});
		asked.on('response', (answer) => {
			answer.resume();
			reject(new Error(`${url} answered ${answer.statusCode}`));
		});
		asked.on('error', reject);
		asked.on('upgrade', (_answer, socket: Socket, head: Buffer) => {
			socket.setNoDelay(true);
			const read = createReader(events, {
				pong: (bytes) => socket.write(frame(PONG, bytes)),
				// A server waits half a minute for the answer to its close; the end is known now.
				ended: () => socket.destroy()
			});
			if (head.length > 0) socket.unshift(head);
			socket.on('error', () => {});
			socket.on('close', () => events.closed());
			// Whoever awaits this has its sink in hand before the first event.
			setImmediate(() => socket.on('data', read));
			resolve({
				send(payload) {
					const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
					socket.write(frame(typeof payload === 'string' ? TEXT : BINARY, bytes));
				},
				stall: () => void socket.pause(),
				close: () => void socket.destroy()
			});
		});
		asked.end();
	});
}

/** A masked frame as clients must send it; the mask is zero, so the payload stays as it is. */
function frame(opcode: number, payload: Uint8Array): Buffer {
	const { length } = payload;
	const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
	const bytes = Buffer.alloc(2 + extra + 4 + length);
	bytes[0] = 0x80 | opcode;
	bytes[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
	if (extra === 2) bytes.writeUInt16BE(length, 2);
	if (extra === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
	bytes.set(payload, 2 + extra + 4);
	return bytes;
}

/** Splits the stream of a server into messages, whole or in fragments. */
function createReader(
	events: SinkEvents,
	answers: { pong(bytes: Buffer): void; ended(): void }
): (chunk: Buffer) => void {
	let kept: Buffer | null = null;
	/** Of the frame, and of the message that its continuations belong to. */
	let opcode = 0;
	let message = 0;
	let final = true;
	let left = 0;
	let at = 0;
	let small: Buffer[] = [];

	function payload(piece: Buffer): void {
		const last = final && piece.length === left;
		if (opcode === BINARY) events.binary(piece, at, last);
		else if (opcode === TEXT && events.pieces) events.pieces(piece);
		else {
			small.push(piece);
			if (last) {
				const whole = Buffer.concat(small);
				small = [];
				if (opcode === TEXT) events.text(whole.toString());
				else if (opcode === PING) answers.pong(whole);
				else if (opcode === CLOSE) answers.ended();
			}
		}
		at += piece.length;
		left -= piece.length;
	}

	return (chunk) => {
		const buffer = kept ? Buffer.concat([kept, chunk]) : chunk;
		kept = null;
		let position = 0;
		while (position < buffer.length) {
			if (left > 0) {
				const piece = buffer.subarray(position, position + left);
				position += piece.length;
				payload(piece);
				continue;
			}
			const rest = buffer.length - position;
			const code = rest > 1 ? buffer[position + 1]! & 0x7f : 0;
			const header = code === 126 ? 4 : code === 127 ? 10 : 2;
			if (rest < header) {
				kept = Buffer.from(buffer.subarray(position));
				return;
			}
			opcode = buffer[position]! & 0x0f;
			if (opcode === 0) opcode = message;
			else at = 0;
			if (opcode < CLOSE) message = opcode;
			final = (buffer[position]! & 0x80) !== 0;
			left =
				code === 126
					? buffer.readUInt16BE(position + 2)
					: code === 127
						? Number(buffer.readBigUInt64BE(position + 2))
						: code;
			at = 0;
			position += header;
			if (left === 0) payload(buffer.subarray(position, position));
		}
	};
}
