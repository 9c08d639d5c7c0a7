import type { Socket } from 'node:net';
import type { HostDown } from '#protocol/host/down.ts';
import { HOST_MIN_PROTOCOL, HOST_PROTOCOL } from '#protocol/host/limits.ts';
import { readStreamFrame } from '#protocol/host/stream-frame.ts';
import type { StreamFrame } from '#protocol/host/stream-frame.ts';
import { HostUp } from '#protocol/host/up.ts';
import { createSender } from './sender.ts';
import type { Sender, Windows } from './sender.ts';
import { createSplitter, JSON_FRAME, jsonFrame, WireError } from './wire.ts';

const HELLO_MS = 5000;
/** A runner that reads nothing while it causes answers is cut off above this many bytes. */
const MAX_UNREAD = 8 * 1024 * 1024;

type FatalCode = 'BAD_FRAME' | 'FRAME_TOO_BIG' | 'NO_HELLO' | 'PROTOCOL_VERSION' | 'REPLACED';

export interface Connection {
	readonly sender: Sender;
	send(message: HostDown): void;
	/** Says why, then closes. Sessions are not touched. */
	close(code: FatalCode, message: string): void;
	destroy(): void;
}

export interface ConnectionEvents {
	/** A hello that is understood: it is answered with the welcome. */
	onHello(connection: Connection): void;
	onMessage(connection: Connection, message: Exclude<HostUp, { t: 'hello' | 'ping' }>): void;
	onInput(connection: Connection, frame: StreamFrame): void;
	onClose(connection: Connection): void;
}

/** Serves one runner's connection: hello first, then messages and input until it ends. */
export function serveConnection(socket: Socket, windows: Windows, events: ConnectionEvents): void {
	let ready = false;
	let closed = false;
	const sender = createSender(socket, windows);
	const connection: Connection = {
		sender,
		send(message) {
			if (!socket.writable) return;
			socket.write(jsonFrame(message));
			if (socket.writableLength > MAX_UNREAD) socket.destroy();
		},
		close(code, message) {
			if (closed) return;
			closed = true;
			connection.send({ t: 'error', code, message });
			socket.destroySoon();
		},
		destroy: () => void socket.destroy()
	};
	const helloTimer = setTimeout(() => connection.close('NO_HELLO', 'no hello in time'), HELLO_MS);

	function onJson(payload: Buffer): void {
		let json: unknown;
		try {
			json = JSON.parse(payload.toString('utf8'));
		} catch {
			throw new WireError('BAD_FRAME', 'not JSON');
		}
		const parsed = HostUp.safeParse(json);
		if (!parsed.success) {
			const text = parsed.error.issues.map((one) => `${one.path.join('.')}: ${one.message}`);
			throw new WireError('BAD_FRAME', text.join('; ').slice(0, 500));
		}
		const message = parsed.data;
		if (message.t === 'ping') return connection.send({ t: 'pong' });
		if (message.t !== 'hello') {
			if (ready) return events.onMessage(connection, message);
			return connection.close('NO_HELLO', 'the first message must be hello');
		}
		if (ready) throw new WireError('BAD_FRAME', 'a second hello');
		if (message.protocol < HOST_MIN_PROTOCOL || message.minProtocol > HOST_PROTOCOL) {
			return connection.close('PROTOCOL_VERSION', `this host speaks ${HOST_PROTOCOL}`);
		}
		clearTimeout(helloTimer);
		ready = true;
		events.onHello(connection);
	}

	const split = createSplitter((type, payload) => {
		if (closed) return;
		if (type === JSON_FRAME) return onJson(payload);
		if (!ready) return connection.close('NO_HELLO', 'the first message must be hello');
		const frame = readStreamFrame(payload);
		if (!frame) throw new WireError('BAD_FRAME', 'a broken stream frame');
		events.onInput(connection, frame);
	});
	socket.on('data', (chunk) => {
		if (closed) return;
		try {
			split(chunk);
		} catch (error) {
			if (!(error instanceof WireError)) throw error;
			connection.close(error.code, error.message);
		}
	});
	socket.on('drain', () => sender.pump());
	socket.on('error', () => undefined);
	socket.on('close', () => {
		closed = true;
		clearTimeout(helloTimer);
		events.onClose(connection);
	});
}
