// One connection after another to `/ws`: opened, authenticated, watched, and opened again for ever.
import { WebSocket } from 'ws';
import { ServerMessage } from '#protocol/client/down.ts';
import type { ClientMessage } from '#protocol/client/up.ts';
import { backoffMs } from './backoff.ts';
import { Refusal } from './refusal.ts';
import type { Place } from './settings.ts';

export interface LinkTimings {
	/** An answer that has not come in this time comes no more. */
	answerMs: number;
	/** Silence after which the server is asked whether it is there, and after which it is not. */
	quietMs: number;
	deadMs: number;
}

export type LinkState = 'connecting' | 'ready' | 'waiting' | 'refused' | 'closed';

export interface Link {
	readonly state: LinkState;
	/** Connections that ended since the first was opened. */
	readonly reconnects: number;
	readonly lastMessageAt: Date | null;
	readonly lastError: Error | null;
	/** Id of the person the token stands for. */
	readonly userId: string | null;
	/** Begins; further calls do nothing. */
	open(): void;
	/** Resolves when authenticated. Rejects with `Refusal` when that will not happen. */
	ready(): Promise<void>;
	/** Sends on the present connection and resolves with the answer. Rejects with `Refusal`. */
	ask(message: Draft): Promise<ServerMessage>;
	close(): void;
}

/** A message before it has a name. */
export type Draft = ClientMessage extends infer M
	? M extends ClientMessage
		? Omit<M, 'messageId'>
		: never
	: never;

export function createLink(deps: {
	place: Place;
	timings: LinkTimings;
	/** A new connection is authenticated: say again what was subscribed to. */
	onReady(): void;
	onLost(code: number, reason: string): void;
	/** The server does not take this token; nothing is tried any more. */
	onRefused(error: Refusal): void;
	onMessage(message: ServerMessage): void;
}): Link {
	const { place, timings } = deps;
	let socket: WebSocket | null = null;
	let state: LinkState = 'waiting';
	let opened = false;
	let failures = 0;
	let connections = 0;
	let n = 0;
	let lastMessageAt: Date | null = null;
	let lastError: Error | null = null;
	let userId: string | null = null;
	let refusal: Refusal | null = null;
	let again: NodeJS.Timeout | null = null;
	let watch: NodeJS.Timeout | null = null;
	/** Answers that are waited for, by the name of their question. */
	const waiting = new Map<
		string,
		{ resolve(answer: ServerMessage): void; reject(error: Refusal): void; timer: NodeJS.Timeout }
	>();
	let readiness: { resolve(): void; reject(error: Refusal): void }[] = [];

	const settle = (error: Refusal | null) => {
		const all = readiness;
		readiness = [];
		for (const { resolve, reject } of all)
			if (error) reject(error);
			else resolve();
	};

	function connect(): void {
		if (state === 'closed' || state === 'refused') return;
		state = 'connecting';
		connections++;
		const mine = new WebSocket(place.wsUrl, {
			handshakeTimeout: timings.answerMs,
			perMessageDeflate: false
		});
		socket = mine;
		let heardAt = performance.now();
		const heard = () => {
			heardAt = performance.now();
		};
		watch = setInterval(
			() => {
				const quiet = performance.now() - heardAt;
				if (quiet > timings.deadMs) mine.terminate();
				else if (quiet > timings.quietMs && mine.readyState === mine.OPEN)
					mine.send('{"type":"ping"}');
			},
			Math.max(20, timings.quietMs / 4)
		);
		watch.unref();
		mine.on('open', () => {
			heard();
			void authenticate(mine);
		});
		mine.on('ping', heard);
		mine.on('message', (data) => {
			heard();
			receive((data as Buffer).toString());
		});
		mine.on('error', (error) => (lastError = error));
		mine.on('close', (code, reason) => lost(mine, code, reason.toString()));
	}

	async function authenticate(mine: WebSocket): Promise<void> {
		try {
			const token = await place.token();
			const answer = await link.ask({ type: 'authenticate', token });
			if (mine !== socket || answer.type !== 'event' || answer.event !== 'authenticated') return;
			userId = answer.data.userId;
			state = 'ready';
			failures = 0;
			deps.onReady();
			settle(null);
		} catch (error) {
			lastError = error as Error;
			if (error instanceof Refusal && error.code === 'AUTH_FAILED') refuse(error);
			else mine.close();
		}
	}

	function refuse(error: Refusal): void {
		if (state === 'closed' || state === 'refused') return;
		state = 'refused';
		refusal = error;
		socket?.close();
		settle(error);
		deps.onRefused(error);
	}

	function lost(mine: WebSocket, code: number, reason: string): void {
		if (mine !== socket) return;
		if (watch) clearInterval(watch);
		socket = null;
		for (const [name, { reject, timer }] of [...waiting]) {
			clearTimeout(timer);
			waiting.delete(name);
			reject(new Refusal('UNCONFIRMED', `The connection ended (${code}) before the answer.`));
		}
		if (state === 'closed' || state === 'refused') return;
		if (state === 'ready') deps.onLost(code, reason);
		state = 'waiting';
		// Also after 4401: whether the token counts is what authenticating again tells.
		again = setTimeout(connect, backoffMs(failures++, Math.random()));
	}

	function receive(text: string): void {
		let value: unknown;
		try {
			value = JSON.parse(text);
		} catch {
			return;
		}
		lastMessageAt = new Date();
		const parsed = ServerMessage.safeParse(value);
		// A newer server may say what this version does not know.
		if (!parsed.success) return;
		const message = parsed.data;
		const name = 'messageId' in message ? message.messageId : undefined;
		const asked = name === undefined ? undefined : waiting.get(name);
		if (asked && message.type !== 'approval_required') {
			waiting.delete(name!);
			clearTimeout(asked.timer);
			if (message.type === 'error')
				asked.reject(new Refusal(message.code, message.message, message.details));
			else asked.resolve(message);
		}
		if (message.type === 'error' && message.code === 'TOKEN_EXPIRED' && socket) {
			// Said again with a new token, all that was subscribed to is subscribed to anew.
			if (state === 'ready') {
				state = 'connecting';
				void authenticate(socket);
			}
			return;
		}
		deps.onMessage(message);
	}

	const link: Link = {
		get state() {
			return state;
		},
		get reconnects() {
			return Math.max(0, connections - 1);
		},
		get lastMessageAt() {
			return lastMessageAt;
		},
		get lastError() {
			return lastError;
		},
		get userId() {
			return userId;
		},
		open() {
			if (opened) return;
			opened = true;
			connect();
		},
		ready() {
			if (state === 'ready') return Promise.resolve();
			if (refusal) return Promise.reject(refusal);
			if (state === 'closed') return Promise.reject(new Refusal('CLOSED', 'The client is closed.'));
			return new Promise((resolve, reject) => readiness.push({ resolve, reject }));
		},
		ask(message) {
			const mine = socket;
			if (!mine || mine.readyState !== mine.OPEN)
				return Promise.reject(new Refusal('UNCONFIRMED', 'There is no connection.'));
			const messageId = `c${++n}`;
			return new Promise((resolve, reject) => {
				const timer = setTimeout(() => {
					waiting.delete(messageId);
					reject(new Refusal('TIMEOUT', `No answer to ${message.type} in time.`));
				}, timings.answerMs);
				waiting.set(messageId, { resolve, reject, timer });
				mine.send(JSON.stringify({ ...message, messageId }));
			});
		},
		close() {
			if (state === 'closed') return;
			state = 'closed';
			if (again) clearTimeout(again);
			if (watch) clearInterval(watch);
			const error = new Refusal('CLOSED', 'The client is closed.');
			for (const [name, { reject, timer }] of [...waiting]) {
				clearTimeout(timer);
				waiting.delete(name);
				reject(error);
			}
			settle(error);
			socket?.close(1000);
		}
	};
	return link;
}
