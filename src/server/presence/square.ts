// The people of one village: who is here, where they stand, whom each of them hears of.
import type { PersonRow } from '#domain/views.ts';
import type { DownMessage } from '#protocol/village/down.ts';
import { VIEW_MARGIN_TILES } from '#protocol/village/limits.ts';
import type { Allowance } from './allowance.ts';

/** The other end of one open tab. `backlog` is in bytes not yet taken by the network. */
export interface Peer {
	send(message: DownMessage): void;
	readonly backlog: number;
}

/** One person, however many tabs they have open. */
export interface Person {
	userId: string;
	name: string;
	since: Date;
	lastMs: number;
	tabs: Set<Tab>;
	x: number | null;
	y: number | null;
	hand: { x: number; y: number } | null;
	allowance: Allowance;
	/** Shown to others; false after silence, true again with the next message. */
	here: boolean;
}

export interface Tab {
	peer: Peer;
	person: Person;
	view: { x: number; y: number; width: number; height: number } | null;
	watching: string | null;
	/** When the watching began, so that the latest of several tabs is told. */
	watchedAtMs: number;
	/** People inside the view when this tab last heard of them. */
	near: Set<string>;
	/** Skipped while its network was slow; gets everything once it is free. */
	behind: boolean;
}

/** Bytes a tab may leave unread before it is skipped; what it misses is replaced by newer state. */
const MAX_BACKLOG_BYTES = 65_536;

export const round = (value: number) => Math.round(value * 100) / 100;

/** The session this person reads now: the one opened last in any of their tabs. */
export function watchingOf(person: Person): string | null {
	let latest: Tab | null = null;
	for (const tab of person.tabs)
		if (tab.watching && (!latest || tab.watchedAtMs > latest.watchedAtMs)) latest = tab;
	return latest?.watching ?? null;
}

export class Square {
	readonly people = new Map<string, Person>();
	/** Who moved since the last flush; at most one entry per person. */
	readonly moved = new Set<string>();

	/** Everybody who is here, oldest first. */
	rows(): PersonRow[] {
		return [...this.people.values()]
			.filter((person) => person.here)
			.sort((a, b) => a.since.getTime() - b.since.getTime() || (a.userId < b.userId ? -1 : 1))
			.map((person) => ({
				userId: person.userId,
				name: person.name,
				x: person.x,
				y: person.y,
				watching: watchingOf(person),
				since: person.since.toISOString()
			}));
	}

	/** Sends every tab the list of people. */
	tellPeople(): void {
		const message = this.#peopleMessage();
		for (const tab of this.#tabs()) this.#send(tab, message);
	}

	/** Sends one tab the list of people. */
	tellPeopleTo(tab: Tab): void {
		this.#send(tab, this.#peopleMessage());
	}

	/** Sends each tab the moves near its view. */
	tellMoved(): void {
		const moved = [...this.moved].flatMap((id) => this.people.get(id) ?? []);
		this.moved.clear();
		for (const tab of this.#tabs()) this.tellMovesTo(tab, moved);
	}

	/** Sends one tab those of `people` it should hear of: inside its view, or just gone out of it. */
	tellMovesTo(tab: Tab, people: Iterable<Person>): void {
		const moves: [string, number, number, number | null, number | null][] = [];
		for (const person of people) {
			if (person === tab.person || person.x === null || person.y === null) continue;
			const inside = isNear(tab, person.x, person.y) || handIsNear(tab, person);
			if (!inside && !tab.near.delete(person.userId)) continue;
			if (inside) tab.near.add(person.userId);
			moves.push([
				person.userId,
				person.x,
				person.y,
				person.hand?.x ?? null,
				person.hand?.y ?? null
			]);
		}
		if (moves.length > 0) this.#send(tab, ['moved', moves]);
	}

	/** Passes a gesture to everybody else. */
	tellEmote(from: Person, name: string): void {
		for (const tab of this.#tabs())
			if (tab.person !== from) this.#send(tab, ['emote', from.userId, name]);
	}

	*#tabs(): Iterable<Tab> {
		for (const person of this.people.values()) yield* person.tabs;
	}

	#peopleMessage(): DownMessage {
		return [
			'people',
			this.rows().map((row) => [
				row.userId,
				row.name,
				row.x,
				row.y,
				row.watching,
				Date.parse(row.since)
			])
		];
	}

	#send(tab: Tab, message: DownMessage): void {
		if (tab.peer.backlog > MAX_BACKLOG_BYTES) {
			tab.behind = true;
			return;
		}
		if (tab.behind) {
			tab.behind = false;
			if (message[0] !== 'people') tab.peer.send(this.#peopleMessage());
			this.tellMovesTo(tab, this.people.values());
		}
		tab.peer.send(message);
	}
}

function isNear(tab: Tab, x: number, y: number): boolean {
	const { view } = tab;
	if (!view) return false;
	return (
		x >= view.x - VIEW_MARGIN_TILES &&
		y >= view.y - VIEW_MARGIN_TILES &&
		x <= view.x + view.width + VIEW_MARGIN_TILES &&
		y <= view.y + view.height + VIEW_MARGIN_TILES
	);
}

function handIsNear(tab: Tab, person: Person): boolean {
	return person.hand !== null && isNear(tab, person.hand.x, person.hand.y);
}
