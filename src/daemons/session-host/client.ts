import { connect, type Socket } from 'node:net';
import { HostDown } from '#protocol/host/down.ts';
import {
	HOST_MIN_PROTOCOL,
	HOST_PROTOCOL,
	MAX_STREAM_PAYLOAD,
	STREAM_KIND
} from '#protocol/host/limits.ts';
import { readStreamFrame, STREAM_HEADER, writeStreamHeader } from '#protocol/host/stream-frame.ts';
import type { StreamFrame } from '#protocol/host/stream-frame.ts';
import type { HostUp } from '#protocol/host/up.ts';
import type { HostWelcome } from '#protocol/host/welcome.ts';
import { createFrameReader } from './frame-reader.ts';
import { JSON_FRAME, jsonFrame, WIRE_HEADER, writeBinaryHeader } from './wire.ts';

/** The host could not be reached, refused us, or went away. */
export class HostUnreachableError extends Error {
	override name = 'HostUnreachableError';
	readonly code: string;
	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

export interface ConnectHostOptions {
	socketPath: string;
	runnerId?: string;
	/** Time for connection and welcome together, default 5 s. */
	timeoutMs?: number;
	/** Every JSON message after the welcome, in order. */
	onMessage(message: Exclude<HostDown, HostWelcome>): void;
	/**
	 * One output frame; `frame.frame` is what goes to the server unchanged. It lies where the socket was read into:
	 * valid during the call, and as long afterwards as `reading` says that somebody still reads it.
	 */
	onFrame(frame: StreamFrame): void;
	/** Whether memory of earlier frames is still read. Default: it never is. */
	reading?(): boolean;
	/** Called once, when the connection has ended; not after `close()`. */
	onClose(error: HostUnreachableError): void;
}

/** A runner's connection to its session host. Nothing is sent by it that the caller did not send. */
export interface HostClient {
	readonly welcome: HostWelcome;
	/** Sends a message; dropped when the connection has ended (the next welcome tells the truth). */
	send(message: Exclude<HostUp, { t: 'hello' }>): void;
	/** Input bytes at their offset in the input stream (kind 0x10); any length up to 1 MiB. */
	input(streamId: number, offset: number, bytes: Uint8Array): void;
	/** Bytes of the transcript that the runner renders for a process on pipes (kind 0x01). */
	transcript(streamId: number, offset: number, bytes: Uint8Array): void;
	/** Stops (and starts again) reading from the host: back-pressure of last resort. */
	pauseReading(): void;
	resumeReading(): void;
	/** Ends the connection; sessions run on. */
	close(): void;
}

/**
 * Connects and says hello. Rejects with HostUnreachableError: `NO_HOST` when nobody listens,
 * `TIMEOUT`, or the code of the host's refusal.
 */
export function connectHost(options: ConnectHostOptions): Promise<HostClient> {
	return new Promise((resolve, reject) => {
		let client: HostClient | undefined;
		let ended = false;
		let refusal: HostUnreachableError | undefined;
		const timer = setTimeout(() => {
			end(new HostUnreachableError('TIMEOUT', 'the session host did not answer in time'));
		}, options.timeoutMs ?? 5000);

		function end(error: HostUnreachableError): void {
			if (ended) return;
			ended = true;
			clearTimeout(timer);
			socket.destroy();
			if (client) options.onClose(error);
			else reject(error);
		}

		function onJson(payload: Buffer): void {
			const message = HostDown.parse(JSON.parse(payload.toString('utf8')));
			if (message.t === 'error' && !client) {
				refusal = new HostUnreachableError(message.code, message.message);
			} else if (message.t === 'welcome') {
				clearTimeout(timer);
				client = createClient(socket, message, () => {
					ended = true;
				});
				resolve(client);
			} else if (client) {
				if (message.t === 'error' && message.code === 'REPLACED') {
					refusal = new HostUnreachableError(message.code, message.message);
				}
				options.onMessage(message);
			}
		}

		const reader = createFrameReader((type, payload) => {
			if (ended) return;
			if (type === JSON_FRAME) return onJson(payload);
			const frame = readStreamFrame(payload);
			if (!frame) throw new HostUnreachableError('BAD_FRAME', 'the host sent a broken frame');
			options.onFrame(frame);
		}, options.reading);
		const socket = connect({
			path: options.socketPath,
			onread: {
				buffer: () => reader.target(),
				callback(length) {
					try {
						reader.filled(length);
					} catch (error) {
						end(new HostUnreachableError('BAD_FRAME', String(error)));
					}
					return true;
				}
			}
		});
		socket.on('connect', () => {
			socket.write(
				jsonFrame({
					t: 'hello',
					protocol: HOST_PROTOCOL,
					minProtocol: HOST_MIN_PROTOCOL,
					...(options.runnerId === undefined ? {} : { runnerId: options.runnerId })
				})
			);
		});
		socket.on('error', (error: NodeJS.ErrnoException) => {
			const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
			const code = client ? 'CLOSED' : nobody ? 'NO_HOST' : (error.code ?? 'IO');
			end(new HostUnreachableError(code, error.message));
		});
		socket.on('close', () => {
			end(refusal ?? new HostUnreachableError('CLOSED', 'the session host closed the connection'));
		});
	});
}

function createClient(socket: Socket, welcome: HostWelcome, onClosed: () => void): HostClient {
	function sendBytes(kind: number, streamId: number, offset: number, bytes: Uint8Array): void {
		if (!socket.writable) return;
		for (let at = 0; at < bytes.length; at += MAX_STREAM_PAYLOAD) {
			const part = bytes.subarray(at, at + MAX_STREAM_PAYLOAD);
			const frame = Buffer.allocUnsafe(WIRE_HEADER + STREAM_HEADER + part.length);
			writeBinaryHeader(frame, STREAM_HEADER + part.length);
			writeStreamHeader(frame, kind, streamId, offset + at, WIRE_HEADER);
			frame.set(part, WIRE_HEADER + STREAM_HEADER);
			socket.write(frame);
		}
	}
	return {
		welcome,
		send(message) {
			if (socket.writable) socket.write(jsonFrame(message));
		},
		input: (streamId, offset, bytes) => sendBytes(STREAM_KIND.input, streamId, offset, bytes),
		transcript: (streamId, offset, bytes) =>
			sendBytes(STREAM_KIND.terminal, streamId, offset, bytes),
		pauseReading: () => void socket.pause(),
		resumeReading: () => void socket.resume(),
		close() {
			onClosed();
			socket.end();
			socket.unref();
		}
	};
}
