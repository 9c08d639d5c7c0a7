// One connection to a server that comes back by itself: hello, heartbeat, backoff, and a clear end when it must not.
import WebSocket from 'ws';
import { afterClose, CLOSE, closeReason } from '#protocol/close-codes.ts';
import { MAX_FRAME_BYTES, type ReadResult } from '#protocol/envelope.ts';

/** Every time of a link in milliseconds; tests make them short. */
export interface LinkTimings {
	/** From the start of a connection to the server's welcome. */
	welcomeMs: number;
	heartbeatMs: number;
	/** The link is closed and opened again when no heartbeat_ack came for this long. */
	heartbeatTimeoutMs: number;
	backoffBaseMs: number;
	backoffCapMs: number;
	/** A connection this old starts the backoff over. */
	stableMs: number;
}

export const LINK_TIMINGS: LinkTimings = {
	welcomeMs: 10_000,
	heartbeatMs: 10_000,
	heartbeatTimeoutMs: 30_000,
	backoffBaseMs: 500,
	backoffCapMs: 30_000,
	stableMs: 60_000
};

/** Bad frames of the server within 60 s after which the connection is given up. */
export const MAX_BAD_FRAMES = 10;
const BAD_FRAMES_WITHIN_MS = 60_000;

/** Why a link has ended for good: the code and the words for the person at the terminal. */
export interface LinkEnd {
	code: number;
	reason: string;
	/** False when we closed it ourselves. */
	refused: boolean;
}

export interface LinkOptions<Down extends { t: string }> {
	url: string;
	subprotocol: string;
	/** Read for every connection, so that a rotated credential is used at once. */
	headers(): Record<string, string>;
	/** First frame of every connection. */
	hello(): object;
	heartbeat(): object;
	read(json: string): ReadResult<Down>;
	/** The server's answer to hello; from here on frames may be sent. */
	onWelcome(frame: Down): void;
	onFrame(frame: Down): void;
	/** A frame that could not be read; it was already answered with an error. `seq` is set for reliable ones. */
	onBad(seq: number | undefined): void;
	onBinary(bytes: Buffer): void;
	/** The connection is gone; called once per welcome. */
	onDown(code: number, reason: string): void;
	/** Anything a log should tell. */
	onNote?(message: string): void;
	timings?: Partial<LinkTimings>;
	/** 0..1, for the jitter. */
	random?(): number;
}

export interface Link {
	/** Sends a JSON frame; false when there is no welcomed connection. */
	send(frame: object): boolean;
	/** Sends a binary frame; false when there is no welcomed connection. */
	sendBytes(bytes: Uint8Array): boolean;
	/** Whether the server has welcomed us on the connection that is open now. */
	readonly connected: boolean;
	/** Bytes accepted by `send` and not yet by the system. */
	readonly buffered: number;
	/** The times in force; a welcome may change them. */
	setHeartbeat(heartbeatMs: number, timeoutMs: number): void;
	/** Ends the link; resolves when the socket is closed. */
	close(code?: number, reason?: string): Promise<void>;
	/** Resolves when the link has ended for good. Never rejects. */
	readonly ended: Promise<LinkEnd>;
}

/** Full jitter: between 0 and the base doubled per attempt, never more than the cap. Milliseconds. */
export function backoffMs(attempt: number, timings: LinkTimings, random: number): number {
	return (
		random * Math.min(timings.backoffCapMs, timings.backoffBaseMs * 2 ** Math.min(attempt, 20))
	);
}

/** What a refused upgrade means, as the close code that says the same. */
function codeOfStatus(status: number): number {
	if (status === 401) return CLOSE.unauthorized;
	if (status === 403) return CLOSE.deregistered;
	if (status === 426) return CLOSE.noCommonVersion;
	return CLOSE.internal;
}

/**
 * Whether no proxy can read along: inside TLS, or on this machine. Masks guard such proxies against bytes that others chose;
 * elsewhere they only cost both sides a pass over every byte, 10 ms a megabyte at the server.
 */
function unseen(url: string): boolean {
	const { protocol, hostname } = new URL(url);
	return protocol === 'wss:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

/** Opens a link and keeps it open until `close()` or until the server says that we must not come back. */
export function openLink<Down extends { t: string }>(options: LinkOptions<Down>): Link {
	const timings = { ...LINK_TIMINGS, ...options.timings };
	const random = options.random ?? Math.random;
	const note = (message: string) => options.onNote?.(message);
	let socket: WebSocket | null = null;
	let welcomed = false;
	let closing: LinkEnd | null = null;
	let attempt = 0;
	let lastAck = 0;
	let badFrames: number[] = [];
	let retry: NodeJS.Timeout | undefined;
	let beat: NodeJS.Timeout | undefined;
	let finish!: (end: LinkEnd) => void;
	const ended = new Promise<LinkEnd>((resolve) => (finish = resolve));

	function connect(): void {
		const ws = new WebSocket(options.url, [options.subprotocol], {
			headers: options.headers(),
			perMessageDeflate: false,
			maxPayload: MAX_FRAME_BYTES,
			...(unseen(options.url) ? { generateMask: (mask: Buffer) => void mask.fill(0) } : {}),
			handshakeTimeout: timings.welcomeMs
		});
		socket = ws;
		let status: number | undefined;
		let failure = '';
		let openedAt = 0;
		const deadline = setTimeout(() => {
			failure = 'no welcome in time';
			ws.terminate();
		}, timings.welcomeMs);

		ws.on('unexpected-response', (_request, response) => {
			status = response.statusCode ?? 0;
			failure = `the server answered ${status}`;
			response.resume();
			ws.terminate();
		});
		ws.on('open', () => ws.send(JSON.stringify(options.hello())));
		ws.on('message', (data, isBinary) => {
			const bytes = data as Buffer;
			if (isBinary) {
				if (welcomed) options.onBinary(bytes);
				else bad(ws, 'bytes before the welcome', undefined);
				return;
			}
			const result = options.read(bytes.toString('utf8'));
			if (!result.ok) return bad(ws, `${result.code}: ${result.message}`, result.seq, result.code);
			const frame = result.frame;
			if (frame.t === 'heartbeat_ack') lastAck = performance.now();
			if (!welcomed && frame.t === 'welcome') {
				clearTimeout(deadline);
				welcomed = true;
				openedAt = lastAck = performance.now();
				startHeartbeat();
				options.onWelcome(frame);
			} else if (welcomed) options.onFrame(frame);
			else if (frame.t === 'error') note(`refused: ${JSON.stringify(frame)}`);
			else bad(ws, `${frame.t} before the welcome`, undefined);
		});
		ws.on('error', (error) => (failure ||= error.message));
		ws.on('close', (closeCode, reasonBytes) => {
			clearTimeout(deadline);
			clearInterval(beat);
			if (socket !== ws) return;
			socket = null;
			const code = status === undefined ? closeCode : codeOfStatus(status);
			const reason = reasonBytes.toString('utf8') || failure || closeReason(code);
			const wasWelcomed = welcomed;
			welcomed = false;
			if (openedAt > 0 && performance.now() - openedAt >= timings.stableMs) attempt = 0;
			if (wasWelcomed) options.onDown(code, reason);
			next(code, reason);
		});
	}

	function next(code: number, reason: string): void {
		if (closing) return finish(closing);
		const then = afterClose(code);
		if (then === 'stop')
			return finish({ code, reason: `${closeReason(code)} (${reason})`, refused: true });
		// A server that restarts is not there at once: the first try is immediate, the next ones back off.
		const wait = then === 'now' && attempt === 0 ? 0 : backoffMs(attempt, timings, random());
		attempt++;
		note(`connection lost (${code} ${reason}); next try in ${Math.round(wait)} ms`);
		retry = setTimeout(connect, wait);
	}

	function bad(ws: WebSocket, message: string, seq: number | undefined, code = 'BAD_FRAME'): void {
		note(`a frame of the server was refused: ${message}`);
		ws.send(
			JSON.stringify({ t: 'error', code, message: message.slice(0, 300), ...(seq ? { seq } : {}) })
		);
		if (welcomed) options.onBad(seq);
		const now = performance.now();
		badFrames = badFrames.filter((at) => now - at < BAD_FRAMES_WITHIN_MS);
		// A frame that is merely unknown comes from a newer server and is no reason to leave it.
		if (code === 'UNKNOWN_FRAME') return;
		badFrames.push(now);
		if (badFrames.length >= MAX_BAD_FRAMES) {
			badFrames = [];
			ws.close(CLOSE.protocolErrors, 'too many bad frames');
		}
	}

	function startHeartbeat(): void {
		clearInterval(beat);
		beat = setInterval(() => {
			if (!socket || !welcomed) return;
			if (performance.now() - lastAck > timings.heartbeatTimeoutMs) {
				note('the server has not answered a heartbeat in time');
				// A peer that is gone never answers a close frame.
				return socket.terminate();
			}
			socket.send(JSON.stringify(options.heartbeat()));
		}, timings.heartbeatMs);
	}

	connect();
	return {
		send(frame) {
			if (!socket || !welcomed || socket.readyState !== WebSocket.OPEN) return false;
			socket.send(JSON.stringify(frame));
			return true;
		},
		sendBytes(bytes) {
			if (!socket || !welcomed || socket.readyState !== WebSocket.OPEN) return false;
			socket.send(bytes, { binary: true });
			return true;
		},
		get connected() {
			return welcomed && socket?.readyState === WebSocket.OPEN;
		},
		get buffered() {
			return socket?.bufferedAmount ?? 0;
		},
		setHeartbeat(heartbeatMs, timeoutMs) {
			if (options.timings?.heartbeatMs === undefined) timings.heartbeatMs = heartbeatMs;
			if (options.timings?.heartbeatTimeoutMs === undefined) timings.heartbeatTimeoutMs = timeoutMs;
			if (welcomed) startHeartbeat();
		},
		async close(code = CLOSE.done, reason = 'done') {
			closing ??= { code, reason, refused: false };
			clearTimeout(retry);
			const ws = socket;
			if (!ws) return finish(closing);
			ws.close(code, reason);
			const cut = setTimeout(() => ws.terminate(), 1000);
			await ended;
			clearTimeout(cut);
		},
		ended
	};
}
