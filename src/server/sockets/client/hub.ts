// What connections share: one follower of the log per organization, one live terminal per session, whoever looks.
import type { EventLog, StoredEvent } from '#server/events/log.ts';
import type { Feed } from '#server/events/feed.ts';
import type { Logger } from '#server/log.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { openChannel, type Channel } from './channel.ts';

export interface EventListener {
	event(event: StoredEvent): void;
	/** Events may have been missed: look into the table. */
	missed(): void;
}

export interface Hub {
	/**
	 * Calls back for every event of a session (`session:<id>`) or runner (`runner:<id>`) committed after this resolves.
	 * The answer ends it.
	 */
	listen(orgId: string, key: string, listener: EventListener): Promise<() => void>;
	/** The live terminal of a session; release it. Throws `SESSION_DATA_EXPIRED`. */
	channel(sessionId: string): Promise<{ channel: Channel; release(): void }>;
	close(): void;
}

/** After a follower that failed. */
const AGAIN_MS = 1_000;

interface Followed {
	ready: Promise<void>;
	cursor: number;
	ended: AbortController;
	keys: Map<string, Set<EventListener>>;
	/** Listeners that wait for `ready` or are called. */
	users: number;
}

export function createHub(deps: {
	feed: Feed;
	events: Pick<EventLog, 'head'>;
	terminals: Terminals;
	log: Logger;
	/** Half a character waits this long for its other half. */
	tailMs: number;
}): Hub {
	const orgs = new Map<string, Followed>();
	const channels = new Map<string, { opening: Promise<Channel>; users: number }>();

	function enter(orgId: string): Followed {
		const known = orgs.get(orgId);
		if (known) return known;
		const followed: Followed = {
			cursor: 0,
			ended: new AbortController(),
			keys: new Map(),
			users: 0,
			ready: Promise.resolve()
		};
		followed.ready = deps.events.head(orgId).then((head) => {
			followed.cursor = head;
			void run(orgId, followed);
		});
		orgs.set(orgId, followed);
		return followed;
	}

	function leave(orgId: string, followed: Followed): void {
		if (--followed.users > 0) return;
		followed.ended.abort();
		if (orgs.get(orgId) === followed) orgs.delete(orgId);
	}

	async function run(orgId: string, followed: Followed): Promise<void> {
		const { signal } = followed.ended;
		while (!signal.aborted) {
			try {
				for await (const batch of deps.feed.follow({ orgId, after: followed.cursor, signal })) {
					followed.cursor = batch.id;
					for (const event of batch.events) dispatch(followed, event);
				}
			} catch (error) {
				if (signal.aborted) return;
				deps.log.warn({ err: error, orgId }, 'the log could not be followed; tried again');
				await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
				followed.cursor = await deps.events.head(orgId).catch(() => followed.cursor);
				for (const set of followed.keys.values()) for (const one of set) one.missed();
			}
		}
	}

	function dispatch(followed: Followed, event: StoredEvent): void {
		const key = event.stream.startsWith('session:')
			? event.stream
			: event.type.startsWith('runner.')
				? `runner:${String(event.data.runnerId)}`
				: null;
		const set = key === null ? undefined : followed.keys.get(key);
		if (set) for (const listener of [...set]) listener.event(event);
	}

	return {
		async listen(orgId, key, listener) {
			const followed = enter(orgId);
			followed.users++;
			try {
				await followed.ready;
			} catch (error) {
				leave(orgId, followed);
				throw error;
			}
			let set = followed.keys.get(key);
			if (!set) followed.keys.set(key, (set = new Set()));
			set.add(listener);
			let over = false;
			return () => {
				if (over) return;
				over = true;
				set.delete(listener);
				if (set.size === 0 && followed.keys.get(key) === set) followed.keys.delete(key);
				leave(orgId, followed);
			};
		},
		async channel(sessionId) {
			let entry = channels.get(sessionId);
			if (!entry) {
				entry = { opening: openChannel(deps.terminals, sessionId, deps.tailMs), users: 0 };
				channels.set(sessionId, entry);
			}
			const mine = entry;
			mine.users++;
			const release = () => {
				if (--mine.users > 0) return;
				if (channels.get(sessionId) === mine) channels.delete(sessionId);
				mine.opening.then(
					(channel) => channel.close(),
					() => {}
				);
			};
			try {
				return { channel: await mine.opening, release };
			} catch (error) {
				release();
				throw error;
			}
		},
		close() {
			for (const followed of orgs.values()) followed.ended.abort();
			orgs.clear();
			for (const { opening } of channels.values())
				opening.then(
					(channel) => channel.close(),
					() => {}
				);
			channels.clear();
		}
	};
}
