// The one subscription of a page: follows the org's events from a cursor, and comes back by itself after whatever ends it.
import type { FeedEvent, FeedFrame, PersonRow } from '#domain/views.ts';
import { explain } from '#lib/text/errors.ts';

/** `lost`: trying again. `signed_out`: only a sign-in helps. */
export type FeedState = 'connecting' | 'live' | 'lost' | 'signed_out';

export interface FeedHandlers {
	frame(frame: FeedFrame): void;
	/** The server confirmed the subscription. */
	started(): void;
	/** The link lost its connection and tries to get it back; it resumes by itself. */
	interrupted(): void;
	/** The subscription is over; `error` is null when the server ended it without one. */
	ended(error: unknown): void;
}

/** Opens a subscription after `cursor`; answers the function that ends it. */
export type OpenFeed = (cursor: number, handlers: FeedHandlers) => () => void;

export interface FeedDeps {
	open: OpenFeed;
	/** Loads a fresh snapshot, hands it to whoever shows it, and answers its cursor. */
	reload(): Promise<number>;
	event(event: FeedEvent): void;
	people(people: PersonRow[]): void;
	/** Milliseconds before try number `attempt` (from 0). */
	retryDelayMs?: (attempt: number) => number;
}

const backoff = (attempt: number) =>
	Math.min(30_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);

export class Feed {
	#state = $state<FeedState>('connecting');
	/** Round trip of the last ping in milliseconds. */
	latencyMs = $state<number | null>(null);
	#cursor: number;
	#deps: FeedDeps;
	#end: (() => void) | null = null;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#attempt = 0;
	#run = 0;
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- no markup reads it
	#listeners = new Set<(event: FeedEvent) => void>();

	constructor(cursor: number, deps: FeedDeps) {
		this.#cursor = cursor;
		this.#deps = deps;
	}

	get state(): FeedState {
		return this.#state;
	}

	get cursor(): number {
		return this.#cursor;
	}

	/** Calls back for each event after it was folded; answers the function that ends it. */
	onEvent(listener: (event: FeedEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Subscribes, or starts over on another link. */
	start(): void {
		this.stop();
		const run = ++this.#run;
		const current = (then: () => void) => {
			if (run === this.#run) then();
		};
		this.#end = this.#deps.open(this.#cursor, {
			started: () =>
				current(() => {
					this.#state = 'live';
				}),
			interrupted: () => current(() => (this.#state = 'lost')),
			frame: (frame) => current(() => this.#take(frame)),
			ended: (error) => current(() => this.#ended(error))
		});
	}

	stop(): void {
		this.#run++;
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = null;
		this.#end?.();
		this.#end = null;
	}

	#take(frame: FeedFrame): void {
		this.#state = 'live';
		this.#attempt = 0;
		if (frame.kind === 'people') return this.#deps.people(frame.people);
		if (frame.kind !== 'events' || frame.id <= this.#cursor) return;
		// Ids have holes; `prevId` is how a missing frame is noticed.
		if (frame.prevId > this.#cursor) return this.#startOver();
		for (const event of frame.events) {
			if (event.id <= this.#cursor) continue;
			this.#deps.event(event);
			for (const listener of this.#listeners) listener(event);
		}
		this.#cursor = frame.id;
	}

	#ended(error: unknown): void {
		const { code } = explain(error);
		if (code === 'UNAUTHENTICATED') {
			this.stop();
			this.#state = 'signed_out';
		} else if (code === 'CURSOR_EXPIRED' || code === 'FUTURE_CURSOR') this.#startOver();
		else {
			// Too slow is no fault of the connection: the page simply continues where it was.
			if (code !== 'CONSUMER_TOO_SLOW') this.#state = 'lost';
			this.#later(() => this.start());
		}
	}

	#startOver(): void {
		this.stop();
		this.#state = 'connecting';
		// A cursor that is refused again and again must not become a loop.
		if (this.#attempt++ > 0) this.#later(() => this.#load());
		else this.#load();
	}

	#load(): void {
		const run = this.#run;
		this.#deps.reload().then(
			(cursor) => {
				if (run !== this.#run) return;
				this.#cursor = cursor;
				this.start();
			},
			(error: unknown) => {
				if (run !== this.#run) return;
				if (explain(error).code === 'UNAUTHENTICATED') this.#state = 'signed_out';
				else {
					this.#state = 'lost';
					this.#later(() => this.#load());
				}
			}
		);
	}

	#later(then: () => void): void {
		this.#end?.();
		this.#end = null;
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = setTimeout(then, (this.#deps.retryDelayMs ?? backoff)(this.#attempt++));
	}
}
