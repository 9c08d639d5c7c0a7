// The server's side of `/ws/runner` as tests need it: a real websocket server that numbers, acknowledges and remembers.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type WebSocket from 'ws';
import { WebSocketServer } from 'ws';
import { decodeBinary, encodeBinary, KIND, placeBytes } from '#protocol/runner/binary.ts';
import type { ServerMessage } from '#protocol/runner/down.ts';
import type { Hello } from '#protocol/runner/hello.ts';
import { isReliableRunnerFrame, readRunnerFrame, type RunnerFrame } from '#protocol/runner/up.ts';
import { DEFAULT_WINDOW, type SessionVerdict, type Welcome } from '#protocol/runner/welcome.ts';
import { RUNNER_SUBPROTOCOL } from '#protocol/version.ts';

type Frame<T extends RunnerFrame['t']> = Extract<RunnerFrame, { t: T }>;

export interface ControlPlane {
	url: string;
	/** Every reliable frame, each once, in order; and hellos and heartbeats. */
	frames: RunnerFrame[];
	hellos: Hello[];
	/** Headers of every upgrade. */
	upgrades: IncomingMessage['headers'][];
	/** Errors the runner complained with. */
	complaints: Frame<'error'>[];
	/** Numbers a command and sends it, now and after every reconnect until it is acknowledged. */
	send(message: ServerMessage): void;
	/** Sends anything at all on the open connection. */
	raw(data: string | Uint8Array): void;
	/** Types into a session; sent again after a reconnect from where the runner wants it. */
	type(streamId: number, text: string): void;
	/** What a session has printed so far. */
	bytes(streamId: number, kind?: number): Buffer;
	text(streamId: number): string;
	see(streamId: number, text: string): Promise<string>;
	/** Waits for a frame, also one that has come already; each is given once. */
	next<T extends RunnerFrame['t']>(
		t: T,
		which?: (frame: Frame<T>) => boolean,
		waitMs?: number
	): Promise<Frame<T>>;
	/** Closes the open connection with a code; 0: cuts it. */
	drop(code: number): void;
	/** How many connections were welcomed. */
	readonly welcomes: number;
	/** Commands that are not acknowledged. */
	readonly unacked: number;
	close(): Promise<void>;
}

export interface ControlPlaneOptions {
	port?: number;
	/** Answers an upgrade with this status instead. */
	refuse?: () => number | null;
	welcome?: Partial<Welcome>;
	/** The verdict over a session of hello; null leaves it out. */
	verdict?(held: Hello['sessions'][number]): SessionVerdict['verdict'] | null;
	/** Whether heartbeats are answered. */
	answers?: () => boolean;
	/** Whether bytes and frames are acknowledged. */
	acks?: () => boolean;
}

/** Opens a control plane; closed after the test. */
export async function openControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
	const frames: RunnerFrame[] = [];
	const hellos: Hello[] = [];
	const upgrades: IncomingMessage['headers'][] = [];
	const complaints: Frame<'error'>[] = [];
	const given = new Set<RunnerFrame>();
	const streams = new Map<string, { parts: Buffer[]; end: number }>();
	const input = new Map<number, Buffer>();
	let outbox: object[] = [];
	let sentSeq = 0;
	let boot = '';
	let applied = 0;
	let welcomes = 0;
	let open: WebSocket | null = null;
	let ackTimer: NodeJS.Timeout | undefined;

	const http = createServer((_request, response) => response.writeHead(404).end());
	const wss = new WebSocketServer({
		noServer: true,
		perMessageDeflate: false,
		maxPayload: 1_048_576,
		handleProtocols: (offered) => (offered.has(RUNNER_SUBPROTOCOL) ? RUNNER_SUBPROTOCOL : false)
	});
	http.on('upgrade', (request, socket, head) => {
		upgrades.push(request.headers);
		const status = options.refuse?.() ?? null;
		if (status !== null)
			return void socket.end(
				`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`
			);
		wss.handleUpgrade(request, socket, head, serve);
	});

	function serve(ws: WebSocket): void {
		let ready = false;
		ws.on('error', () => undefined);
		ws.on('message', (data, isBinary) => {
			if (isBinary) return onBytes(ws, data as Buffer);
			const result = readRunnerFrame((data as Buffer).toString('utf8'));
			if (!result.ok)
				throw new Error(`the runner sent a bad frame: ${result.message} ${String(data)}`);
			const frame = result.frame;
			if (frame.t === 'hello') {
				open = ws;
				ready = true;
				hello(ws, frame);
			} else if (!ready) throw new Error(`${frame.t} came before hello`);
			else onFrame(ws, frame);
		});
		ws.on('close', () => {
			if (open === ws) open = null;
		});
	}

	function hello(ws: WebSocket, frame: Hello): void {
		hellos.push(frame);
		frames.push(frame);
		if (frame.bootId !== boot) [boot, applied] = [frame.bootId, 0];
		const sessions = frame.sessions.flatMap((held): SessionVerdict[] => {
			const verdict = options.verdict ? options.verdict(held) : 'keep';
			if (!verdict) return [];
			const kinds = [KIND.terminal, KIND.marks];
			return [
				{
					sessionId: held.sessionId,
					attempt: held.attempt,
					verdict,
					streams: kinds.map((kind) => ({ kind, offset: stream(held.streamId, kind).end })),
					inOffset: 0
				}
			];
		});
		welcomes++;
		const welcome: Welcome = {
			t: 'welcome',
			protocol: 1,
			serverId: 'test',
			serverTime: new Date().toISOString(),
			recv: { seq: applied },
			heartbeatMs: 10_000,
			timeoutMs: 30_000,
			maxFrame: 1_048_576,
			window: DEFAULT_WINDOW,
			mode: 'active',
			sessions,
			...options.welcome
		};
		ws.send(JSON.stringify(welcome));
		for (const one of outbox) ws.send(JSON.stringify(one));
		for (const held of frame.sessions) {
			const typed = input.get(held.streamId);
			if (typed && typed.length > held.inOffset) sendInput(held.streamId, held.inOffset);
		}
	}

	function onFrame(ws: WebSocket, frame: RunnerFrame): void {
		if (isReliableRunnerFrame(frame)) {
			if (frame.seq > applied + 1) return ws.send(JSON.stringify({ t: 'nack', seq: applied + 1 }));
			if (frame.seq === applied + 1) {
				applied++;
				frames.push(frame);
			}
			return ackSoon();
		}
		if (frame.t === 'ack') {
			outbox = outbox.filter((one) => (one as { seq: number }).seq > frame.seq);
		} else if (frame.t === 'nack' && frame.kind === KIND.input)
			sendInput(frame.streamId!, frame.offset!);
		else if (frame.t === 'nack') for (const one of outbox) ws.send(JSON.stringify(one));
		else if (frame.t === 'error') complaints.push(frame);
		else if (frame.t.endsWith('_told')) frames.push(frame);
		else if (frame.t === 'heartbeat') {
			frames.push(frame);
			if (options.answers?.() ?? true)
				ws.send(
					JSON.stringify({
						t: 'heartbeat_ack',
						serverTime: new Date().toISOString(),
						echo: frame.timestamp
					})
				);
		}
	}

	function stream(streamId: number, kind: number): { parts: Buffer[]; end: number } {
		const key = `${streamId}/${kind}`;
		const found = streams.get(key) ?? { parts: [], end: 0 };
		streams.set(key, found);
		return found;
	}

	function onBytes(ws: WebSocket, data: Buffer): void {
		const result = decodeBinary(data);
		if (!result.ok) throw new Error(`the runner sent bad bytes: ${result.message}`);
		const { streamId, kind, offset, payload } = result.frame;
		const one = stream(streamId, kind);
		const place = placeBytes(one.end, offset, payload.length);
		if (place.take === 'nack')
			return ws.send(JSON.stringify({ t: 'nack', streamId, kind, offset: one.end }));
		if (place.take !== 'none') {
			one.parts.push(Buffer.from(payload.subarray(place.skip)));
			one.end += payload.length - place.skip;
		}
		ackSoon();
	}

	function ackSoon(): void {
		if (!(options.acks?.() ?? true)) return;
		ackTimer ??= setTimeout(() => {
			ackTimer = undefined;
			const acks = [...streams].map(([key, { end }]) => {
				const [streamId, kind] = key.split('/').map(Number);
				return { streamId, kind, offset: end };
			});
			open?.send(JSON.stringify({ t: 'ack', seq: applied, streams: acks }));
		}, 5);
	}

	function sendInput(streamId: number, from: number): void {
		const bytes = input.get(streamId) ?? Buffer.alloc(0);
		for (let at = from; at < bytes.length; at += 65_536)
			open?.send(encodeBinary(KIND.input, streamId, at, bytes.subarray(at, at + 65_536)));
	}

	async function until<T>(
		look: () => T | undefined,
		what: () => string,
		waitMs: number
	): Promise<T> {
		const end = Date.now() + waitMs;
		for (;;) {
			const found = look();
			if (found !== undefined) return found;
			if (Date.now() > end) throw new Error(`${what()} did not come`);
			await sleep(5);
		}
	}

	await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve));
	const { port } = http.address() as AddressInfo;
	const plane: ControlPlane = {
		url: `ws://127.0.0.1:${port}/ws/runner`,
		frames,
		hellos,
		upgrades,
		complaints,
		send(message) {
			const frame = { ...message, seq: ++sentSeq };
			outbox.push(frame);
			open?.send(JSON.stringify(frame));
		},
		raw: (data) => open?.send(data),
		type(streamId, text) {
			const before = input.get(streamId) ?? Buffer.alloc(0);
			input.set(streamId, Buffer.concat([before, Buffer.from(text)]));
			sendInput(streamId, before.length);
		},
		bytes: (streamId, kind = KIND.terminal) => Buffer.concat(stream(streamId, kind).parts),
		text: (streamId) => plane.bytes(streamId).toString('utf8'),
		see: (streamId, text) =>
			until(
				() => (plane.text(streamId).includes(text) ? plane.text(streamId) : undefined),
				() => `${JSON.stringify(text)} in ${JSON.stringify(plane.text(streamId).slice(-500))}`,
				10_000
			),
		next: (t, which, waitMs = 10_000) =>
			until(
				() => {
					const found = frames.find(
						(frame) => frame.t === t && !given.has(frame) && (which?.(frame as never) ?? true)
					);
					if (found) given.add(found);
					return found as never;
				},
				() => `${t} among ${JSON.stringify(frames.slice(-6)).slice(0, 1500)}`,
				waitMs
			),
		drop(code) {
			if (code === 0) open?.terminate();
			else open?.close(code);
		},
		get welcomes() {
			return welcomes;
		},
		get unacked() {
			return outbox.length;
		},
		async close() {
			clearTimeout(ackTimer);
			for (const ws of wss.clients) ws.terminate();
			http.closeAllConnections();
			await new Promise<void>((resolve) => http.close(() => resolve()));
		}
	};
	onTestFinished(() => plane.close());
	return plane;
}
