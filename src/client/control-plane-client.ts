// A client of `/ws` for programs: it comes back by itself for as long as it is open, and misses nothing.
import { EventEmitter } from 'node:events';
import type { ServerMessage } from '#protocol/client/down.ts';
import { createClient, type Client } from './api.ts';
import { createLink, type Link, type LinkState, type LinkTimings } from './link.ts';
import { createPosition, type Position, type SessionEvent } from './position.ts';
import { Refusal } from './refusal.ts';
import { placeOf, type ConnectionSettings, type Place } from './settings.ts';

export interface ControlPlaneClientOptions extends ConnectionSettings {
	timings?: Partial<LinkTimings>;
}

export interface SubscribeOptions {
	/** Go on after this number, and at this byte, as told by an earlier subscription. */
	fromSeq?: number;
	fromOffset?: number;
}

/** What goes wrong with one subscription while it is on: it stays until the server ends it. */
export type SubscriptionProblem =
	/** Something is no longer kept; what is kept follows. */
	| { kind: 'gap'; details: Record<string, unknown> }
	/** These bytes of the terminal are lost. */
	| { kind: 'terminal_gap'; from: number; to: number }
	/** The server ended it, or does not take it any more. */
	| { kind: 'ended'; reason: string };

export type SessionCallback = (event: SessionEvent) => void;

export interface ControlPlaneHealth {
	state: LinkState;
	connected: boolean;
	/** Connections that had to be made again. */
	reconnects: number;
	lastMessageAt: Date | null;
	lastError: string | null;
	subscriptions: number;
}

interface ClientEvents {
	connected: [];
	/** The connection broke; another is made. */
	disconnected: [{ code: number; reason: string }];
	/** The server does not take the token: nothing is tried any more. */
	unauthorized: [Refusal];
	/** Every message of the server. */
	message: [ServerMessage];
	/** A listener or a callback failed. */
	error: [Error];
}

interface Subscribed {
	position: Position;
	callback: SessionCallback;
	onProblem: (problem: SubscriptionProblem) => void;
	/** Said on the present connection. */
	said: boolean;
}

const TIMINGS: LinkTimings = { answerMs: 15_000, quietMs: 25_000, deadMs: 60_000 };
/** A server that was killed may need this long to have again what was seen of it. */
const BEHIND_MS = 20_000;
const BEHIND_EVERY_MS = 500;

/** Reads `CONTROL_PLANE_WS_URL`, `CONTROL_PLANE_API_URL` and `CONTROL_PLANE_AUTH_TOKEN` where it is not told otherwise. */
export class ControlPlaneClient extends EventEmitter<ClientEvents> {
	readonly #place: Place;
	readonly #link: Link;
	readonly #subscriptions = new Map<string, Subscribed>();
	#api: Client | null = null;

	/** Throws an `Error` when an address or the token is missing. Connects with `connect`, or at the first thing asked. */
	constructor(options: ControlPlaneClientOptions = {}) {
		super();
		this.#place = placeOf(options);
		this.#link = createLink({
			place: this.#place,
			timings: { ...TIMINGS, ...options.timings },
			onReady: () => {
				for (const [sessionId, subscribed] of this.#subscriptions) {
					subscribed.said = false;
					this.#again(sessionId, subscribed);
				}
				this.#tell('connected');
			},
			onLost: (code, reason) => this.#tell('disconnected', { code, reason }),
			onRefused: (error) => {
				for (const sessionId of [...this.#subscriptions.keys()]) this.#end(sessionId, error.code);
				this.#tell('unauthorized', error);
			},
			onMessage: (message) => this.#receive(message)
		});
	}

	/** Everything else the product does, typed: `api.sessions.create.mutate({…})`. */
	get api(): Client {
		return (this.#api ??= createClient({
			apiUrl: this.#place.apiUrl,
			wsUrl: this.#place.wsUrl,
			token: this.#place.token
		}));
	}

	/** Resolves when it is connected and the server knows who it is; tries for ever. Rejects with `Refusal` for a wrong token. */
	connect(): Promise<void> {
		this.#link.open();
		return this.#link.ready();
	}

	/** Id of the person the token stands for. Throws `Refusal` `AUTH_FAILED` when it is not the one named. */
	async authenticate(userId?: string): Promise<string> {
		await this.connect();
		const own = this.#link.userId!;
		if (userId !== undefined && userId !== own)
			throw new Refusal('AUTH_FAILED', 'The token is that of somebody else.');
		return own;
	}

	/**
	 * Follows a session until `unsubscribe`, over every break. Resolves when the server has taken it. Rejects with `Refusal`
	 * (`SESSION_NOT_FOUND`, …); then it is not followed. An exception in `callback` is told as `error`.
	 */
	async subscribe(
		sessionId: string,
		callback: SessionCallback,
		options: SubscribeOptions & { onProblem?: (problem: SubscriptionProblem) => void } = {}
	): Promise<void> {
		const { onProblem = () => {}, ...from } = options;
		const subscribed: Subscribed = {
			position: createPosition(from),
			callback,
			onProblem,
			said: false
		};
		this.#subscriptions.set(sessionId, subscribed);
		try {
			await this.connect();
			await this.#say(sessionId, subscribed);
		} catch (error) {
			// A break is no refusal: it is said again on the next connection.
			if (error instanceof Refusal && (error.code === 'UNCONFIRMED' || error.code === 'TIMEOUT'))
				return;
			if (this.#subscriptions.get(sessionId) === subscribed) this.#subscriptions.delete(sessionId);
			throw error;
		}
	}

	/** Resolves also when the connection is broken: it is not followed on the next one. */
	async unsubscribe(sessionId: string): Promise<void> {
		if (!this.#subscriptions.delete(sessionId) || this.#link.state !== 'ready') return;
		await this.#link.ask({ type: 'unsubscribe', sessionId }).catch(() => {});
	}

	/** What was seen of a followed session; enough to go on later. */
	position(sessionId: string): { seq: number | null; offset: number | null } | null {
		const position = this.#subscriptions.get(sessionId)?.position;
		return position ? { seq: position.seq, offset: position.offset } : null;
	}

	/**
	 * Types into a followed session. Resolves when the server has stored it; it then arrives exactly once. Rejects with
	 * `Refusal`; with `UNCONFIRMED` or `TIMEOUT` nobody knows whether it arrived.
	 */
	async sendTerminalInput(sessionId: string, data: string): Promise<{ bytes: number }> {
		await this.connect();
		const answer = await this.#link.ask({ type: 'terminal_input', sessionId, data });
		return {
			bytes: answer.type === 'event' && answer.event === 'input_accepted' ? answer.data.bytes : 0
		};
	}

	/** Answers a question of a session. Throws as the API does. */
	async resolveApproval(
		sessionId: string,
		approvalId: string,
		decision: 'allow' | 'deny',
		reason?: string
	): Promise<void> {
		await this.api.approvals.resolve.mutate({ sessionId, approvalId, decision, reason });
	}

	/** How it stands, without asking anybody. */
	health(): ControlPlaneHealth {
		const { state, reconnects, lastMessageAt, lastError } = this.#link;
		return {
			state,
			connected: state === 'ready',
			reconnects,
			lastMessageAt,
			lastError: lastError?.message ?? null,
			subscriptions: this.#subscriptions.size
		};
	}

	/** Whether the server answers and can work, by its own `/readyz`. Never throws. */
	async serverReady(timeoutMs = 5_000): Promise<boolean> {
		try {
			const answer = await fetch(`${this.#place.apiUrl}/readyz`, {
				signal: AbortSignal.timeout(timeoutMs)
			});
			return answer.ok;
		} catch {
			return false;
		}
	}

	/** Ends everything; what is waited for is rejected with `CLOSED`. */
	close(): void {
		this.#subscriptions.clear();
		this.#link.close();
	}

	async #say(sessionId: string, subscribed: Subscribed): Promise<void> {
		const until = performance.now() + BEHIND_MS;
		for (;;) {
			const { seq, offset } = subscribed.position;
			// Another call may have said it on this connection meanwhile.
			if (subscribed.said || this.#subscriptions.get(sessionId) !== subscribed) return;
			subscribed.said = true;
			try {
				await this.#link.ask({
					type: 'subscribe',
					sessionId,
					...(seq === null ? {} : { fromSeq: seq }),
					...(offset === null ? {} : { fromOffset: offset })
				});
				return;
			} catch (error) {
				subscribed.said = false;
				const behind =
					error instanceof Refusal &&
					error.code === 'VALIDATION_ERROR' &&
					typeof error.details?.offset === 'number';
				if (!behind || performance.now() > until) throw error;
				// The runner brings back what the killed server had not written.
				await new Promise((resolve) => setTimeout(resolve, BEHIND_EVERY_MS));
			}
		}
	}

	#again(sessionId: string, subscribed: Subscribed): void {
		if (subscribed.position.over) return;
		this.#say(sessionId, subscribed).catch((error: unknown) => {
			if (!(error instanceof Refusal)) return this.#tell('error', error as Error);
			if (error.code === 'UNCONFIRMED' || error.code === 'TIMEOUT' || error.code === 'CLOSED')
				return;
			this.#end(sessionId, error.code);
		});
	}

	#end(sessionId: string, reason: string): void {
		const subscribed = this.#subscriptions.get(sessionId);
		if (!this.#subscriptions.delete(sessionId) || !subscribed) return;
		this.#guard(() => subscribed.onProblem({ kind: 'ended', reason }));
	}

	#receive(message: ServerMessage): void {
		this.#tell('message', message);
		if (
			message.type === 'session' ||
			message.type === 'terminal' ||
			message.type === 'approval_required'
		) {
			const subscribed = this.#subscriptions.get(message.sessionId);
			if (subscribed?.position.take(message)) this.#guard(() => subscribed.callback(message));
			return;
		}
		if (message.type === 'error' && message.code === 'REPLAY_GAP') {
			const { sessionId, ...details } = message.details ?? {};
			const subscribed = this.#subscriptions.get(String(sessionId));
			if (subscribed) this.#guard(() => subscribed.onProblem({ kind: 'gap', details }));
			return;
		}
		if (message.type !== 'event') return;
		if (message.event === 'subscribed' && message.data.sessionId) {
			const { sessionId, seq = 0, offset = 0 } = message.data;
			this.#subscriptions.get(sessionId)?.position.begin(seq, offset);
		}
		if (message.event === 'terminal_gap') {
			const { sessionId, from, to } = message.data;
			const subscribed = this.#subscriptions.get(sessionId);
			subscribed?.position.skip(to);
			if (subscribed) this.#guard(() => subscribed.onProblem({ kind: 'terminal_gap', from, to }));
		}
		if (message.event === 'unsubscribed' && message.data.sessionId && message.data.reason)
			this.#end(message.data.sessionId, message.data.reason);
	}

	#guard(work: () => void): void {
		try {
			work();
		} catch (error) {
			this.#tell('error', error as Error);
		}
	}

	/** Tells listeners; one that throws is the listener's own fault, and `error` without a listener ends nothing. */
	#tell<K extends keyof ClientEvents>(name: K, ...args: ClientEvents[K]): void {
		if (name === 'error' && this.listenerCount('error') === 0) return;
		try {
			(this.emit as (name: K, ...args: ClientEvents[K]) => boolean).call(this, name, ...args);
		} catch (error) {
			if (name !== 'error') this.#tell('error', error as Error);
		}
	}
}
