// The browser's side of /ws/terminal: one socket for all terminals of a page, that comes back by itself and goes on
// where it was. No DOM here: sockets and timers are handed in, and tests hand in fakes.
import { afterClose, CLOSE } from '#protocol/close-codes.ts';
import { readFrame } from '#protocol/envelope.ts';
import type { Attached } from '#protocol/terminal/attached.ts';
import {
	decodeTerminalFrame,
	encodeTerminalFrame,
	TERMINAL_KIND
} from '#protocol/terminal/binary.ts';
import { TERMINAL_DOWN_TYPES, TerminalDown } from '#protocol/terminal/down.ts';
import type { KeyboardAction } from '#protocol/terminal/keyboard.ts';
import { readSnapshot } from '#protocol/terminal/snapshot.ts';
import type { TerminalUp } from '#protocol/terminal/up.ts';

/** The part of WebSocket that is needed. */
export interface SocketLike {
	binaryType: string;
	readonly readyState: number;
	onopen: (() => void) | null;
	onmessage: ((event: { data: unknown }) => void) | null;
	onclose: ((event: { code: number }) => void) | null;
	onerror: (() => void) | null;
	send(data: string | Uint8Array<ArrayBuffer>): void;
	close(code?: number): void;
}

export interface ClientDeps {
	open(): SocketLike;
	/** Runs later; the returned function cancels. */
	later(work: () => void, ms: number): () => void;
	/** 0..1 */
	random(): number;
}

/** What the owner of a terminal is told. Frames come in the order of the wire. */
export interface LinkEvents {
	/** Where to go on after a reconnect: everything before was received; -1 when nothing was. */
	received(): number;
	/** The size this viewer shows, when it counts for the terminal's size. */
	viewport(): { cols: number; rows: number; visible: boolean } | null;
	connection(state: Connection): void;
	attached(message: Attached): void;
	bytes(offset: number, data: Uint8Array): void;
	snapshot(offset: number, cols: number, rows: number, text: Uint8Array): void;
	inputTaken(counter: number): void;
	message(message: Exclude<TerminalDown, { t: 'hello' | 'attached' }>): void;
}

export type Connection =
	| { state: 'connecting' | 'open' }
	/** Coming back by itself. */
	| { state: 'lost' }
	/** It will not come back: the login ended, or the session is none of ours. */
	| { state: 'refused'; code: string; message: string };

export interface Link {
	acknowledge(offset: number): void;
	/** Sends keystrokes; false when there is no connection and they reached nobody. */
	input(counter: number, data: Uint8Array): boolean;
	keyboard(action: KeyboardAction, to?: string): void;
	viewportChanged(): void;
	close(): void;
}

export interface TerminalClient {
	attach(sessionId: string, events: LinkEvents, options?: { preview?: boolean }): Link;
	/** The network or the page came back: do not wait for the backoff. */
	wake(): void;
	close(): void;
}

interface LinkState {
	sessionId: string;
	events: LinkEvents;
	preview: boolean;
	ref: number;
	stream: number | null;
	refused: boolean;
}

const OPEN = 1;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 15_000;
/** A socket nobody uses is kept this long: the next terminal is often a click away. */
const IDLE_MS = 5_000;
/** Refusals that trying again does not change. */
const FINAL = new Set(['SESSION_NOT_FOUND', 'SESSION_DATA_EXPIRED', 'FORBIDDEN']);

export function createTerminalClient(deps: ClientDeps): TerminalClient {
	const links = new Set<LinkState>();
	let socket: SocketLike | null = null;
	let ready = false;
	let refs = 0;
	let wait = FIRST_WAIT_MS;
	let cancelRetry: (() => void) | null = null;
	let cancelIdle: (() => void) | null = null;
	let ended: { code: string; message: string } | null = null;
	let closed = false;

	function connect(): void {
		if (socket || closed || ended) return;
		cancelRetry?.();
		cancelRetry = null;
		const opened = deps.open();
		socket = opened;
		opened.binaryType = 'arraybuffer';
		opened.onmessage = ({ data }) => {
			if (socket !== opened) return;
			if (typeof data === 'string') onText(data);
			else onFrame(new Uint8Array(data as ArrayBuffer));
		};
		opened.onerror = () => {};
		opened.onclose = ({ code }) => {
			if (socket !== opened) return;
			socket = null;
			ready = false;
			for (const link of links) link.stream = null;
			if (closed || links.size === 0) return;
			const next = afterClose(code);
			if (next === 'stop') {
				ended = { code: 'UNAUTHENTICATED', message: 'You are signed out.' };
				for (const link of links) link.events.connection({ state: 'refused', ...ended });
				return;
			}
			for (const link of links) if (!link.refused) link.events.connection({ state: 'lost' });
			// Everybody comes back at once after a restart; chance spreads them.
			const ms = next === 'now' ? FIRST_WAIT_MS * deps.random() : wait * (0.5 + deps.random() / 2);
			wait = Math.min(LONGEST_WAIT_MS, wait * 2);
			cancelRetry = deps.later(connect, ms);
		};
	}

	function send(message: TerminalUp): void {
		if (ready && socket?.readyState === OPEN) socket.send(JSON.stringify(message));
	}

	function ask(link: LinkState): void {
		if (link.refused) return;
		link.ref = ++refs;
		const from = link.events.received();
		send({
			t: 'attach',
			ref: link.ref,
			sessionId: link.sessionId,
			...(from >= 0 ? { from } : {}),
			...(link.preview ? { preview: true } : {}),
			...(link.events.viewport() ?? {})
		});
	}

	const byStream = (stream: number) => [...links].find((link) => link.stream === stream);

	function onText(text: string): void {
		const read = readFrame(TerminalDown, TERMINAL_DOWN_TYPES, text);
		// A newer server may say things we do not know; they are not for us.
		if (!read.ok) return;
		const message = read.frame;
		switch (message.t) {
			case 'hello':
				ready = true;
				wait = FIRST_WAIT_MS;
				for (const link of links) ask(link);
				return;
			case 'attached': {
				const link = [...links].find((one) => one.ref === message.ref);
				if (!link) return send({ t: 'detach', stream: message.stream });
				link.stream = message.stream;
				link.events.connection({ state: 'open' });
				link.events.attached(message);
				return;
			}
			case 'error': {
				const refused =
					message.ref === undefined
						? undefined
						: [...links].find((link) => link.ref === message.ref);
				if (refused) return onRefused(refused, message.code, message.message);
				break;
			}
			case 'detached': {
				const link = byStream(message.stream);
				if (link && message.code !== 'asked') {
					link.events.message(message);
					link.stream = null;
					onRefused(link, message.code, message.message);
				}
				return;
			}
		}
		if (message.stream !== undefined) byStream(message.stream)?.events.message(message);
	}

	function onRefused(link: LinkState, code: string, message: string): void {
		if (FINAL.has(code)) {
			link.refused = true;
			link.events.connection({ state: 'refused', code, message });
			return;
		}
		link.events.connection({ state: 'lost' });
		deps.later(() => {
			if (links.has(link) && link.stream === null && ready) ask(link);
		}, 1_000);
	}

	function onFrame(bytes: Uint8Array): void {
		const frame = decodeTerminalFrame(bytes);
		const link = frame && byStream(frame.stream);
		if (!link) return;
		if (frame.kind === TERMINAL_KIND.output) link.events.bytes(frame.offset, frame.payload);
		else if (frame.kind === TERMINAL_KIND.inputAck) link.events.inputTaken(frame.offset);
		else if (frame.kind === TERMINAL_KIND.snapshot) {
			const snapshot = readSnapshot(frame.payload);
			if (snapshot) link.events.snapshot(frame.offset, snapshot.cols, snapshot.rows, snapshot.text);
		}
	}

	return {
		attach(sessionId, events, options = {}) {
			const link: LinkState = {
				sessionId,
				events,
				preview: options.preview ?? false,
				ref: -1,
				stream: null,
				refused: false
			};
			links.add(link);
			cancelIdle?.();
			cancelIdle = null;
			events.connection(ended ? { state: 'refused', ...ended } : { state: 'connecting' });
			if (ready) ask(link);
			else if (!cancelRetry) connect();
			return {
				acknowledge(offset) {
					if (link.stream !== null && socket?.readyState === OPEN)
						socket.send(encodeTerminalFrame(TERMINAL_KIND.ack, link.stream, offset));
				},
				input(counter, data) {
					if (link.stream === null || socket?.readyState !== OPEN) return false;
					socket.send(encodeTerminalFrame(TERMINAL_KIND.input, link.stream, counter, data));
					return true;
				},
				keyboard(action, to) {
					if (link.stream === null) return;
					send({ t: 'keyboard', stream: link.stream, action, ...(to ? { to } : {}) });
				},
				viewportChanged() {
					const viewport = events.viewport();
					if (link.stream !== null && viewport)
						send({ t: 'viewport', stream: link.stream, ...viewport });
				},
				close() {
					if (!links.delete(link)) return;
					if (link.stream !== null) send({ t: 'detach', stream: link.stream });
					if (links.size > 0) return;
					cancelRetry?.();
					cancelRetry = null;
					cancelIdle = deps.later(() => {
						const idle = socket;
						socket = null;
						ready = false;
						idle?.close(CLOSE.done);
					}, IDLE_MS);
				}
			};
		},
		wake() {
			if (socket || links.size === 0) return;
			wait = FIRST_WAIT_MS;
			connect();
		},
		close() {
			closed = true;
			cancelRetry?.();
			cancelIdle?.();
			socket?.close(CLOSE.done);
			socket = null;
			links.clear();
		}
	};
}
