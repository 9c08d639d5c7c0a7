// The runner's side of `/ws/runner`: the link, numbered frames both ways, and acknowledgements in time (control-plane.md 8).
import { isReliableServerFrame, isServerQuestion, readServerFrame } from '#protocol/runner/down.ts';
import type { ReliableServerFrame, ServerFrame, ServerQuestion } from '#protocol/runner/down.ts';
import { decodeBinary, KIND, type BinaryFrame } from '#protocol/runner/binary.ts';
import type { Heartbeat } from '#protocol/runner/heartbeat.ts';
import type { Hello } from '#protocol/runner/hello.ts';
import type { StreamAck } from '#protocol/runner/streams.ts';
import type { RunnerAnswer, RunnerMessage } from '#protocol/runner/up.ts';
import { DEFAULT_WINDOW, type Welcome } from '#protocol/runner/welcome.ts';
import { RUNNER_SUBPROTOCOL } from '#protocol/version.ts';
import { openLink, type LinkEnd, type LinkTimings } from '../link.ts';
import { createReceiver, createSender } from '../reliable.ts';

/** An acknowledgement leaves after this long, or after `ACK_FRAMES` frames. */
const ACK_AFTER_MS = 50;
const ACK_FRAMES = 64;

/**
 * Frames kept for a server that is away. Above the first bound no work events are made (they are a digest), above the
 * second the session host is not read any more; both end when the server takes frames again.
 */
export const OUTBOX_SOFT = 2_000;
export const OUTBOX_HARD = 10_000;

export interface UplinkOptions {
	url: string;
	credential(): string;
	/** Last frame of the server that was applied, or null when that was lost. */
	received: number | null;
	/** Makes the count durable; called before it is acknowledged. */
	saveReceived(seq: number): void;
	hello(receivedSeq: number): Hello;
	heartbeat(): Heartbeat;
	onWelcome(welcome: Welcome): void;
	/** A command of the server, each exactly once and in order. */
	onCommand(frame: ReliableServerFrame): void;
	/** Something the server wants to know now; answered with `answer`, or never. */
	onQuestion(question: ServerQuestion): void;
	onInput(frame: BinaryFrame): void;
	onStreamAck(streams: StreamAck[]): void;
	onStreamNack(stream: StreamAck): void;
	onDown(): void;
	/** The server has answered a heartbeat. */
	onAlive(): void;
	onNote(message: string): void;
	/** The outbox has crossed the hard bound upwards (true) or back (false). */
	onFull(full: boolean): void;
	timings?: Partial<LinkTimings>;
	random?(): number;
}

export interface Uplink {
	/** Numbers a message and keeps it until the server has applied it. */
	push(message: RunnerMessage): void;
	/** Sends an answer now, or never: a connection that comes later has not asked. */
	answer(answer: RunnerAnswer): void;
	/**
	 * Hands a binary frame to the socket; false when there is no connection: the session host still has the bytes.
	 * Its memory must not change while `sending`.
	 */
	sendBytes(frame: Uint8Array): boolean;
	/** The system has not taken everything that was handed to the socket. */
	readonly sending: boolean;
	/** Acknowledges bytes of input, soon. */
	ackInput(streamId: number, offset: number): void;
	/** Asks for input again from an offset. */
	nackInput(streamId: number, offset: number): void;
	sendError(code: string, message: string, about: { streamId?: number; sessionId?: string }): void;
	readonly connected: boolean;
	/** Frames the server has not acknowledged. */
	readonly backlog: number;
	/** Waits until the server has acknowledged everything, at most `ms`. */
	drained(ms: number): Promise<boolean>;
	close(): Promise<void>;
	readonly ended: Promise<LinkEnd>;
}

/** Opens the connection and keeps it. */
export function openUplink(options: UplinkOptions): Uplink {
	const sender = createSender<RunnerMessage>();
	const receiver = createReceiver(options.received);
	let window = DEFAULT_WINDOW.frames as number;
	let ackTimer: NodeJS.Timeout | undefined;
	let unackedFrames = 0;
	let inputAcks = new Map<number, number>();
	let full = false;
	let waiters: (() => void)[] = [];

	const link = openLink<ServerFrame>({
		url: options.url,
		subprotocol: RUNNER_SUBPROTOCOL,
		headers: () => ({ authorization: `Bearer ${options.credential()}` }),
		hello: () => options.hello(receiver.last),
		heartbeat: () => options.heartbeat(),
		read: readServerFrame,
		onWelcome: welcome,
		onFrame: frame,
		// A reliable frame that cannot be read will never get better: it counts, or everything behind it waits for ever.
		onBad: (seq) => void (seq !== undefined && counted(seq)),
		onBinary: binary,
		onDown() {
			clearTimeout(ackTimer);
			ackTimer = undefined;
			inputAcks = new Map();
			options.onDown();
		},
		onNote: (message) => options.onNote(message),
		...(options.timings ? { timings: options.timings } : {}),
		...(options.random ? { random: options.random } : {})
	});

	function welcome(first: ServerFrame): void {
		if (first.t !== 'welcome') return;
		window = first.window.frames;
		link.setHeartbeat(first.heartbeatMs, first.timeoutMs);
		if (first.sent) receiver.rewind(first.sent.seq);
		if (!sender.resume(first.recv.seq))
			options.onNote(`the server says it has frame ${first.recv.seq}, which was never sent`);
		options.onWelcome(first);
		flush();
	}

	function flush(): void {
		if (link.connected) for (const next of sender.take(window)) link.send(next);
		const over = sender.size >= (full ? OUTBOX_SOFT : OUTBOX_HARD);
		if (over !== full) options.onFull((full = over));
		if (sender.size === 0) {
			for (const wake of waiters) wake();
			waiters = [];
		}
	}

	function frame(message: ServerFrame): void {
		if (isReliableServerFrame(message)) {
			if (counted(message.seq)) options.onCommand(message);
			return;
		}
		if (isServerQuestion(message)) return options.onQuestion(message);
		if (message.t === 'ack') {
			if (!sender.ack(message.seq))
				options.onNote(`ack of frame ${message.seq}, which was never sent`);
			if (message.streams.length > 0) options.onStreamAck(message.streams);
			flush();
		} else if (message.t === 'nack') {
			if (message.seq !== undefined) {
				sender.nack(message.seq);
				flush();
			}
			const { streamId, kind, offset } = message;
			if (streamId !== undefined && kind !== undefined && offset !== undefined)
				options.onStreamNack({ streamId, kind, offset });
		} else if (message.t === 'heartbeat_ack') {
			options.onAlive();
		} else if (message.t === 'error') {
			options.onNote(`the server refused a frame: ${message.code} ${message.message}`);
		}
	}

	/** Whether a numbered frame is the next one; duplicates are acknowledged again, gaps asked for. */
	function counted(seq: number): boolean {
		const verdict = receiver.receive(seq);
		if (verdict === 'gap') link.send({ t: 'nack', seq: receiver.last + 1 });
		else ackSoon(true);
		return verdict === 'apply';
	}

	function binary(bytes: Buffer): void {
		const result = decodeBinary(bytes);
		if (result.ok && result.frame.kind === KIND.input) return options.onInput(result.frame);
		const message = result.ok ? `kind ${result.frame.kind} is not for a runner` : result.message;
		link.send({ t: 'error', code: 'BAD_FRAME', message });
	}

	function ackSoon(isFrame: boolean): void {
		if (isFrame) unackedFrames++;
		if (unackedFrames >= ACK_FRAMES) return sendAck();
		ackTimer ??= setTimeout(sendAck, ACK_AFTER_MS);
	}

	function sendAck(): void {
		clearTimeout(ackTimer);
		ackTimer = undefined;
		if (unackedFrames > 0) options.saveReceived(receiver.last);
		unackedFrames = 0;
		const streams = [...inputAcks].map(([streamId, offset]) => ({
			streamId,
			kind: KIND.input,
			offset
		}));
		inputAcks = new Map();
		link.send({ t: 'ack', seq: receiver.last, streams });
	}

	return {
		push(message) {
			sender.push(message);
			flush();
		},
		answer: (answer) => void link.send(answer),
		sendBytes: (bytes) => link.sendBytes(bytes),
		ackInput(streamId, offset) {
			inputAcks.set(streamId, offset);
			ackSoon(false);
		},
		nackInput: (streamId, offset) =>
			void link.send({ t: 'nack', streamId, kind: KIND.input, offset }),
		sendError: (code, message, about) => void link.send({ t: 'error', code, message, ...about }),
		get sending() {
			return link.buffered > 0;
		},
		get connected() {
			return link.connected;
		},
		get backlog() {
			return sender.size;
		},
		drained(ms) {
			if (sender.size === 0) return Promise.resolve(true);
			return new Promise((resolve) => {
				const timer = setTimeout(() => resolve(false), ms);
				waiters.push(() => {
					clearTimeout(timer);
					resolve(true);
				});
			});
		},
		async close() {
			clearTimeout(ackTimer);
			if (unackedFrames > 0) options.saveReceived(receiver.last);
			await link.close();
		},
		ended: link.ended
	};
}
