// Oneself among the others on the map: where one walks and points goes out, what the others do comes in.
import type { PersonRow } from '#domain/views.ts';
import type { VillagePort } from './port.ts';
import { Presence, villageDoor } from './presence.ts';

interface Point {
	x: number;
	y: number;
}

export class Company {
	#port: VillagePort;
	#selfId: string;
	#presence: Presence | null = null;
	#hand: Point | null = null;
	#watching: string | null = null;

	constructor(port: VillagePort, selfId: string) {
		this.#port = port;
		this.#selfId = selfId;
	}

	/** Enters a village until the returned function is called. */
	enter(
		villageId: string,
		on: { people: (people: PersonRow[]) => void; wave: (userId: string) => void }
	): () => void {
		const presence = new Presence({
			open: villageDoor(villageId),
			people: on.people,
			moved: (userId, place) => {
				// Another tab of one's own moves the same avatar; this tab knows better.
				if (userId !== this.#selfId) this.#port.moved(userId, place);
			},
			emote: on.wave
		});
		this.#presence = presence;
		if (this.#watching) presence.watch(this.#watching);
		return () => {
			this.#presence = null;
			presence.close();
		};
	}

	/** The session whose terminal is open here, or null. */
	watch(sessionId: string | null): void {
		if (sessionId === this.#watching) return;
		this.#watching = sessionId;
		this.#presence?.watch(sessionId);
	}

	/** Waves to everybody who is here. */
	wave(): void {
		this.#presence?.wave();
	}

	/** The part of the map on the screen, in tiles. */
	look(x: number, y: number, width: number, height: number): void {
		this.#presence?.view(x, y, width, height);
	}

	/** Goes somewhere; seen by everybody, needed for nothing. */
	walkTo(place: Point): void {
		this.#port.moved(this.#selfId, { ...place, hand: null });
		this.#presence?.me({ ...place, hand: this.#hand });
	}

	/** One tile with Shift and an arrow key; false for other keys. */
	stepBy(event: Pick<KeyboardEvent, 'key' | 'shiftKey'>): boolean {
		const place = this.#port.placeOf(this.#selfId);
		if (!event.shiftKey || !place || !event.key.startsWith('Arrow')) return false;
		const dx = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
		const dy = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
		this.walkTo({ x: place.x + dx, y: place.y + dy });
		return true;
	}

	/** Points at something, or at nothing. */
	point(at: Point | null): void {
		this.#hand = at;
		const place = this.#port.placeOf(this.#selfId);
		if (place) this.#presence?.me({ x: place.x, y: place.y, hand: at });
	}
}
