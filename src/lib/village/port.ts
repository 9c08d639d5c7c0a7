// The one place where the page meets the game: tables in, changes out; intents back.
import { ARRIVAL, hashText } from '#domain/village.ts';
import type {
	AgentRow,
	ApprovalView,
	HouseRow,
	PersonRow,
	RunnerView,
	VillageState
} from '#domain/views.ts';
import type { GamePort, GameSettings, Intent, VillageChange, VillageSnapshot } from '#game/port.ts';
import { Mailbox } from './mailbox.ts';
import {
	houseView,
	litHouses,
	personView,
	sameView,
	villagerView,
	workshopView,
	type Place
} from './mapping.ts';

/** The rows of a village as the page holds them now. */
export interface VillageTables {
	village: Pick<VillageState['village'], 'id' | 'name' | 'seed'>;
	houses: readonly HouseRow[];
	agents: readonly AgentRow[];
	runners: readonly RunnerView[];
	/** Open approvals, longest waiting first. */
	pending: readonly ApprovalView[];
	people: readonly PersonRow[];
}

export interface VillagePortOptions {
	self: { userId: string; name: string };
	settings: GameSettings;
	onIntent: (intent: Intent) => void;
}

export class VillagePort implements GamePort {
	#options: VillagePortOptions;
	#shown: VillageSnapshot;
	#tables: VillageTables;
	#places = new Map<string, Place>();
	#mailboxes = new Set<Mailbox>();
	#settings: GameSettings;
	#settingsListeners = new Set<() => void>();
	/** Whether something changed since the game last took the whole picture. */
	#taken = false;

	constructor(tables: VillageTables, options: VillagePortOptions) {
		this.#options = options;
		this.#settings = options.settings;
		this.#tables = tables;
		this.#shown = this.#picture(tables, null);
	}

	/** Takes the present rows in and tells the game what differs. Telling the same twice does nothing. */
	update(tables: VillageTables): void {
		const before = this.#shown;
		this.#tables = tables;
		this.#shown = this.#picture(tables, before);
		this.#send(changesBetween(before, this.#shown));
	}

	/** Where somebody is now, oneself included: known at once, without a new list of people. */
	moved(id: string, place: Place): void {
		this.#places.set(id, place);
		const at = this.#shown.people.findIndex((person) => person.id === id);
		if (at < 0) return;
		const people = [...this.#shown.people];
		people[at] = { ...people[at]!, x: place.x, y: place.y, pointer: place.hand };
		this.#shown = { ...this.#shown, people };
		this.#send([{ type: 'person_moved', id, x: place.x, y: place.y, pointer: place.hand }]);
	}

	/** Where somebody stands on this map, or null when nothing was heard. */
	placeOf(id: string): Place | null {
		const shown = this.#shown.people.find((person) => person.id === id);
		return shown ? { x: shown.x, y: shown.y, hand: shown.pointer } : null;
	}

	set(settings: Partial<GameSettings>): void {
		const next = { ...this.#settings, ...settings };
		if (sameView(next, this.#settings)) return;
		this.#settings = next;
		for (const listener of this.#settingsListeners) listener();
	}

	snapshot(): VillageSnapshot {
		this.#taken = true;
		return this.#shown;
	}

	follow(signal: AbortSignal): AsyncIterable<VillageChange> {
		const mailbox = new Mailbox();
		// Whoever follows without a fresh picture gets one first: no change falls between the two.
		if (!this.#taken) mailbox.put({ type: 'reset', snapshot: this.#shown });
		this.#mailboxes.add(mailbox);
		signal.addEventListener('abort', () => this.#mailboxes.delete(mailbox), { once: true });
		return mailbox.read(signal);
	}

	emit(intent: Intent): void {
		this.#options.onIntent(intent);
	}

	settings(): GameSettings {
		return this.#settings;
	}

	onSettings(callback: () => void): () => void {
		this.#settingsListeners.add(callback);
		return () => this.#settingsListeners.delete(callback);
	}

	#send(changes: VillageChange[]): void {
		if (changes.length > 0) this.#taken = false;
		for (const mailbox of this.#mailboxes) for (const change of changes) mailbox.put(change);
	}

	/** The whole picture; views that say the same as before keep their identity. */
	#picture(tables: VillageTables, before: VillageSnapshot | null): VillageSnapshot {
		const { village, pending, people } = tables;
		const lit = litHouses(tables.agents);
		const asks = groupBy(pending, (approval) => approval.agentId);
		const { userId, name } = this.#options.self;
		const others = people.filter((person) => person.userId !== userId);
		// One's own eye over the villager one looks at says nothing.
		const watchers = groupBy(others, (person) => person.watching);
		return {
			villageId: village.id,
			name: village.name,
			seed: village.seed,
			houses: keep(
				before?.houses,
				tables.houses.map((row) => houseView(row, lit.has(row.id)))
			),
			villagers: keep(
				before?.villagers,
				tables.agents.map((row) =>
					villagerView(
						row,
						asks.get(row.id) ?? [],
						row.sessionId ? (watchers.get(row.sessionId) ?? []).map((person) => person.name) : []
					)
				)
			),
			workshops: keep(before?.workshops, tables.runners.map(workshopView)),
			people: keep(before?.people, [
				personView({ userId, name, x: null, y: null }, this.#places.get(userId), ARRIVAL, userId),
				...others.map((row) =>
					personView(row, this.#places.get(row.userId), doorstep(row.userId), userId)
				)
			]),
			approvalsPending: pending.length
		};
	}
}

/** Newcomers stand beside each other at the gate, the same on every screen. */
function doorstep(userId: string): { x: number; y: number } {
	const spot = hashText(userId) % 25;
	return { x: ARRIVAL.x + ((spot % 5) - 2) * 0.9, y: ARRIVAL.y + Math.floor(spot / 5) * 0.7 };
}

function groupBy<T, K>(rows: readonly T[], keyOf: (row: T) => K): Map<K, T[]> {
	const groups = new Map<K, T[]>();
	for (const row of rows) {
		const group = groups.get(keyOf(row));
		if (group) group.push(row);
		else groups.set(keyOf(row), [row]);
	}
	return groups;
}

function keep<T extends { id: string }>(before: readonly T[] | undefined, now: T[]): T[] {
	const known = new Map(before?.map((view) => [view.id, view]));
	return now.map((view) => {
		const old = known.get(view.id);
		return old && sameView(old, view) ? old : view;
	});
}

/** What leads from one picture to another. Another village, or another seed, is a new picture. */
export function changesBetween(before: VillageSnapshot, now: VillageSnapshot): VillageChange[] {
	if (before.villageId !== now.villageId || before.seed !== now.seed || before.name !== now.name)
		return [{ type: 'reset', snapshot: now }];
	const changes: VillageChange[] = [];
	compare(before.houses, now.houses, changes, {
		is: (house) => ({ type: 'house', house }),
		gone: (id) => ({ type: 'house_removed', id })
	});
	compare(before.workshops, now.workshops, changes, {
		is: (workshop) => ({ type: 'workshop', workshop }),
		gone: (id) => ({ type: 'workshop_removed', id })
	});
	compare(before.villagers, now.villagers, changes, {
		is: (villager) => ({ type: 'villager', villager }),
		gone: (id) => ({ type: 'villager_removed', id })
	});
	const samePeople =
		before.people.length === now.people.length &&
		before.people.every((person, at) => person === now.people[at]);
	if (!samePeople) changes.push({ type: 'people', people: now.people });
	if (before.approvalsPending !== now.approvalsPending)
		changes.push({ type: 'approvals', pending: now.approvalsPending });
	return changes;
}

function compare<T extends { id: string }>(
	before: readonly T[],
	now: readonly T[],
	changes: VillageChange[],
	make: { is: (view: T) => VillageChange; gone: (id: string) => VillageChange }
): void {
	const old = new Map(before.map((view) => [view.id, view]));
	for (const view of now) {
		if (old.get(view.id) !== view) changes.push(make.is(view));
		old.delete(view.id);
	}
	for (const id of old.keys()) changes.push(make.gone(id));
}
