// The page's end of the presence door: tells where one is, hears where others are. Losing it costs company, never work.
import type { PersonRow } from '#domain/views.ts';
import { afterClose, CLOSE } from '#protocol/close-codes.ts';
import { readDown, type DownMessage } from '#protocol/village/down.ts';
import { HERE_EVERY_MS } from '#protocol/village/limits.ts';
import type { UpMessage } from '#protocol/village/up.ts';
import type { Place } from './mapping.ts';

export interface PresenceEvents {
	people(people: PersonRow[]): void;
	moved(userId: string, place: Place): void;
	emote(userId: string): void;
}

/** What is needed of a socket; the browser's is one. */
export type Socket = Pick<
	WebSocket,
	'send' | 'close' | 'readyState' | 'onopen' | 'onmessage' | 'onclose'
>;

export interface PresenceOptions extends PresenceEvents {
	/** Opens a socket to the door of one village. */
	open: () => Socket;
	/** Milliseconds before try number `attempt` (from 0). */
	retryDelayMs?: (attempt: number) => number;
}

/** A little slower than the door allows, so that a late timer is no offence. */
const SEND_EVERY_MS = 110;
const OPEN = 1;

/** Opens sockets to the presence door of one village, from a page of the same origin. */
export function villageDoor(villageId: string): () => Socket {
	const address = new URL('/ws/village', location.href);
	address.protocol = address.protocol.replace('http', 'ws');
	address.searchParams.set('village', villageId);
	return () => new WebSocket(address);
}

const backoff = (attempt: number) =>
	Math.min(30_000, 1_000 * 2 ** attempt) * (0.5 + Math.random() / 2);

export class Presence {
	#options: PresenceOptions;
	#socket: Socket | null = null;
	#attempt = 0;
	#retry: ReturnType<typeof setTimeout> | null = null;
	#beat: ReturnType<typeof setInterval> | null = null;
	#pump: ReturnType<typeof setTimeout> | null = null;
	#sentAt = -Infinity;
	#ended = false;
	/** What is to be said; one slot per kind of message, the newer replaces the waiting one. */
	#waiting = new Map<UpMessage[0], UpMessage>();
	/** What the door must know again after a reconnect. */
	#lasting = new Map<UpMessage[0], UpMessage>();

	constructor(options: PresenceOptions) {
		this.#options = options;
		this.#connect();
		this.#beat = setInterval(() => this.#here(), HERE_EVERY_MS);
	}

	/** Where one's avatar stands and points. */
	me(place: Place): void {
		this.#say(['me', place.x, place.y, place.hand?.x ?? null, place.hand?.y ?? null]);
	}

	/** The part of the map that is seen, in tiles. */
	view(x: number, y: number, width: number, height: number): void {
		this.#say(['view', x, y, width, height]);
	}

	/** The session whose terminal is open here, or null. */
	watch(sessionId: string | null): void {
		this.#say(['watch', sessionId]);
	}

	wave(): void {
		this.#say(['emote', 'wave']);
	}

	close(): void {
		this.#ended = true;
		if (this.#beat) clearInterval(this.#beat);
		if (this.#retry) clearTimeout(this.#retry);
		if (this.#pump) clearTimeout(this.#pump);
		// A browser refuses any code below 3000 but this one.
		this.#socket?.close(CLOSE.done);
		this.#socket = null;
	}

	#connect(): void {
		this.#retry = null;
		const socket = this.#options.open();
		this.#socket = socket;
		socket.onopen = () => {
			this.#attempt = 0;
			for (const [kind, message] of this.#lasting) this.#waiting.set(kind, message);
			this.#send();
		};
		socket.onmessage = (event: MessageEvent) => {
			const message = readDown(String(event.data));
			if (message && socket === this.#socket) this.#take(message);
		};
		socket.onclose = (event: CloseEvent) => {
			if (this.#ended || socket !== this.#socket) return;
			this.#socket = null;
			const then = afterClose(event.code);
			if (then === 'stop') return;
			const delay = (this.#options.retryDelayMs ?? backoff)(this.#attempt++);
			this.#retry = setTimeout(
				() => this.#connect(),
				then === 'now' ? Math.min(delay, 500) : delay
			);
		};
	}

	#take(message: DownMessage): void {
		const { people, moved, emote } = this.#options;
		if (message[0] === 'people')
			people(
				message[1].map(([userId, name, x, y, watching, sinceMs]) => ({
					userId,
					name,
					x,
					y,
					watching,
					since: new Date(sinceMs).toISOString()
				}))
			);
		else if (message[0] === 'moved')
			for (const [userId, x, y, handX, handY] of message[1])
				moved(userId, {
					x,
					y,
					hand: handX === null || handY === null ? null : { x: handX, y: handY }
				});
		else if (message[0] === 'emote') emote(message[1]);
	}

	/** A hidden tab says nothing: whoever looks at something else is away after a while. */
	#here(): void {
		if (typeof document !== 'undefined' && document.hidden) return;
		if (performance.now() - this.#sentAt >= HERE_EVERY_MS / 2) this.#say(['here']);
	}

	#say(message: UpMessage): void {
		if (message[0] !== 'emote' && message[0] !== 'here') this.#lasting.set(message[0], message);
		this.#waiting.set(message[0], message);
		this.#send();
	}

	/** Sends one message now or as soon as the door takes the next. */
	#send(): void {
		if (this.#pump || this.#waiting.size === 0) return;
		const wait = this.#sentAt + SEND_EVERY_MS - performance.now();
		if (wait > 0) {
			this.#pump = setTimeout(() => {
				this.#pump = null;
				this.#send();
			}, wait);
			return;
		}
		if (this.#socket?.readyState !== OPEN) return;
		const [first] = this.#waiting;
		this.#waiting.delete(first![0]);
		this.#socket.send(JSON.stringify(first![1]));
		this.#sentAt = performance.now();
		this.#send();
	}
}
