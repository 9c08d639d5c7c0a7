// Who is in which village. Kept in memory only: presence is worth nothing after a restart.
import type { PersonRow } from '#domain/views.ts';
import {
	EXPIRES_AFTER_MS,
	MESSAGES_PER_SECOND,
	MOVED_EVERY_MS,
	PEOPLE_EVERY_MS
} from '#protocol/village/limits.ts';
import type { UpMessage } from '#protocol/village/up.ts';
import type { Clock } from '#server/clock.ts';
import { fullAllowance, take } from './allowance.ts';
import { createPace, type Pace } from './pace.ts';
import { round, Square, watchingOf, type Peer, type Person, type Tab } from './square.ts';

/** People shown in one village at a time; later ones look on unseen. */
export const MAX_PEOPLE = 500;

/** What one open tab can do. */
export interface Visit {
	/** Takes a message; false when the person sends more than they may, and it was dropped. */
	receive(message: UpMessage): boolean;
	leave(): void;
}

export interface Presence {
	/** Who is here now, oldest first. */
	people(villageId: string): PersonRow[];
	/** The list now, and again whenever it changed (at most two a second); ends when `signal` aborts. */
	follow(villageId: string, signal: AbortSignal): AsyncGenerator<PersonRow[], void, void>;
	/** Brings a tab in. The peer is sent the list at once. */
	enter(villageId: string, who: { userId: string; name: string }, peer: Peer): Visit;
	close(): void;
}

interface Village {
	square: Square;
	peoplePace: Pace;
	movedPace: Pace;
	followers: Set<() => void>;
}

export interface PresenceTimes {
	expiresAfterMs: number;
	peopleEveryMs: number;
	movedEveryMs: number;
	messagesPerSecond: number;
}

const TIMES: PresenceTimes = {
	expiresAfterMs: EXPIRES_AFTER_MS,
	peopleEveryMs: PEOPLE_EVERY_MS,
	movedEveryMs: MOVED_EVERY_MS,
	messagesPerSecond: MESSAGES_PER_SECOND
};

export function openPresence(deps: { clock: Clock; times?: Partial<PresenceTimes> }): Presence {
	const { clock } = deps;
	const times = { ...TIMES, ...deps.times };
	const villages = new Map<string, Village>();
	let expiry: NodeJS.Timeout | null = null;

	function villageOf(id: string): Village {
		let village = villages.get(id);
		if (village) return village;
		const square = new Square();
		const followers = new Set<() => void>();
		village = {
			square,
			followers,
			peoplePace: createPace(times.peopleEveryMs, clock, () => {
				square.tellPeople();
				for (const wake of followers) wake();
			}),
			movedPace: createPace(times.movedEveryMs, clock, () => square.tellMoved())
		};
		villages.set(id, village);
		return village;
	}

	function drop(id: string, village: Village): void {
		if (village.square.people.size > 0 || village.followers.size > 0) return;
		village.peoplePace.close();
		village.movedPace.close();
		villages.delete(id);
	}

	/** One timer for all, armed only while somebody is here. */
	function armExpiry(): void {
		if (expiry) return;
		let next = Infinity;
		for (const { square } of villages.values())
			for (const person of square.people.values())
				if (person.here) next = Math.min(next, person.lastMs + times.expiresAfterMs);
		if (next === Infinity) return;
		expiry = setTimeout(expire, Math.max(10, next - clock.monotonicMs()));
		expiry.unref();
	}

	function expire(): void {
		expiry = null;
		const before = clock.monotonicMs() - times.expiresAfterMs;
		for (const village of villages.values())
			for (const person of village.square.people.values())
				if (person.here && person.lastMs <= before) {
					person.here = false;
					person.hand = null;
					village.peoplePace.ask();
				}
		armExpiry();
	}

	function personIn(village: Village, userId: string, name: string): Person {
		const known = village.square.people.get(userId);
		if (known) return known;
		const nowMs = clock.monotonicMs();
		const person: Person = {
			userId,
			name,
			since: clock.now(),
			lastMs: nowMs,
			tabs: new Set(),
			x: null,
			y: null,
			hand: null,
			allowance: fullAllowance(times.messagesPerSecond, nowMs),
			here: village.square.people.size < MAX_PEOPLE
		};
		village.square.people.set(userId, person);
		return person;
	}

	function receive(village: Village, tab: Tab, message: UpMessage): void {
		const { person } = tab;
		const nowMs = clock.monotonicMs();
		person.lastMs = nowMs;
		if (!person.here && village.square.people.size <= MAX_PEOPLE) {
			person.here = true;
			village.peoplePace.ask();
		}
		switch (message[0]) {
			case 'here':
				break;
			case 'me': {
				const [, x, y, handX, handY] = message;
				if (person.x === null) village.peoplePace.ask();
				person.x = round(x);
				person.y = round(y);
				person.hand =
					handX === null || handY === null ? null : { x: round(handX), y: round(handY) };
				village.square.moved.add(person.userId);
				village.movedPace.ask();
				break;
			}
			case 'view': {
				const [, x, y, width, height] = message;
				tab.view = { x, y, width, height };
				village.square.tellMovesTo(tab, village.square.people.values());
				break;
			}
			case 'watch': {
				const before = watchingOf(person);
				tab.watching = message[1];
				tab.watchedAtMs = nowMs;
				if (watchingOf(person) !== before) village.peoplePace.ask();
				break;
			}
			case 'emote':
				village.square.tellEmote(person, message[1]);
				break;
		}
		armExpiry();
	}

	return {
		people: (villageId) => villages.get(villageId)?.square.rows() ?? [],

		async *follow(villageId, signal) {
			const village = villageOf(villageId);
			let changed = true;
			let wake: (() => void) | null = null;
			const onChange = () => {
				changed = true;
				wake?.();
			};
			village.followers.add(onChange);
			signal.addEventListener('abort', onChange);
			try {
				while (!signal.aborted) {
					if (!changed) await new Promise<void>((resolve) => (wake = resolve));
					wake = null;
					changed = false;
					if (!signal.aborted) yield village.square.rows();
				}
			} finally {
				signal.removeEventListener('abort', onChange);
				village.followers.delete(onChange);
				drop(villageId, village);
			}
		},

		enter(villageId, who, peer) {
			const village = villageOf(villageId);
			const person = personIn(village, who.userId, who.name);
			const tab: Tab = {
				peer,
				person,
				view: null,
				watching: null,
				watchedAtMs: 0,
				near: new Set(),
				behind: false
			};
			person.tabs.add(tab);
			peer.send(['hello', person.userId]);
			receive(village, tab, ['here']);
			village.square.tellPeopleTo(tab);
			if (person.tabs.size === 1) village.peoplePace.ask();
			return {
				receive(message) {
					const nowMs = clock.monotonicMs();
					if (!take(person.allowance, times.messagesPerSecond, nowMs)) return false;
					if (person.tabs.has(tab)) receive(village, tab, message);
					return true;
				},
				leave() {
					if (!person.tabs.delete(tab)) return;
					if (person.tabs.size === 0) village.square.people.delete(person.userId);
					village.peoplePace.ask();
					drop(villageId, village);
				}
			};
		},

		close() {
			if (expiry) clearTimeout(expiry);
			expiry = null;
			for (const village of villages.values()) {
				village.peoplePace.close();
				village.movedPace.close();
			}
			villages.clear();
		}
	};
}
