// The sessions a page knows: active ones live, finished ones as far as they were loaded.
import { isTerminal, type SessionState } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';
import { Rows } from './rows.svelte.ts';

/** Finished sessions kept in a page that stays open all day; the oldest leave first and are loaded again when asked for. */
const FINISHED_KEPT = 500;

const newestFirst = (a: SessionView, b: SessionView) =>
	b.createdAt < a.createdAt ? -1 : b.createdAt > a.createdAt ? 1 : b.id < a.id ? -1 : 1;

export class Sessions extends Rows<SessionView> {
	readonly active: SessionView[] = $derived.by(() => this.all.filter((s) => !isTerminal(s.state)));

	/** How many of the known sessions are in each state. */
	readonly counts: Partial<Record<SessionState, number>> = $derived.by(() => {
		const counts: Partial<Record<SessionState, number>> = {};
		for (const { state } of this.all) counts[state] = (counts[state] ?? 0) + 1;
		return counts;
	});

	constructor() {
		super(newestFirst, (next, known) => next.rev >= known.rev);
	}

	override put(row: SessionView): boolean {
		const changed = super.put(row);
		if (changed && this.size > FINISHED_KEPT && isTerminal(row.state)) this.#trim();
		return changed;
	}

	ofAgent(agentId: string): SessionView[] {
		return this.all.filter((session) => session.agentId === agentId);
	}

	ofHouse(houseId: string): SessionView[] {
		return this.all.filter((session) => session.houseId === houseId);
	}

	ofRunner(runnerId: string): SessionView[] {
		return this.all.filter((session) => session.runnerId === runnerId);
	}

	#trim(): void {
		const finished = this.all.filter((s) => isTerminal(s.state));
		for (const session of finished.slice(FINISHED_KEPT)) this.remove(session.id);
	}
}
