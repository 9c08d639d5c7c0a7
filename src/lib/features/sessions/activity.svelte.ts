// The timeline of one session: its latest events, then the live ones.
import type { FeedEvent, SessionView } from '#domain/views.ts';
import { attempt } from '#lib/state/attempt.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';
import { timelineLine, type TimelineLine } from './timeline.ts';

/** Lines kept; the oldest leave first. */
const KEPT = 500;
/** Events loaded to begin with. */
const FIRST = 300;

export class Activity {
	lines = $state.raw<TimelineLine[]>([]);
	loading = $state(true);
	/** There are older events than the ones shown. */
	cut = $state(false);
	#workspace: Workspace;
	#session: SessionView;
	// eslint-disable-next-line svelte/prefer-svelte-reactivity -- no markup reads it
	#seen = new Set<number>();

	constructor(workspace: Workspace, session: SessionView) {
		this.#workspace = workspace;
		this.#session = session;
	}

	/** Follows the session until the returned function is called. */
	open(): () => void {
		const stop = this.#workspace.feed.onEvent((event) => {
			if (event.sessionId === this.#session.id) this.#add([event]);
		});
		void this.#load();
		return stop;
	}

	async #load(): Promise<void> {
		const { id, eventSeq } = this.#session;
		const afterSeq = Math.max(0, eventSeq - FIRST);
		this.cut = afterSeq > 0;
		const result = await attempt(() =>
			this.#workspace.api.sessions.events.query({ sessionId: id, afterSeq, limit: 500 })
		);
		this.loading = false;
		if (result.ok) this.#add(result.value.items);
	}

	#add(events: FeedEvent[]): void {
		const fresh: TimelineLine[] = [];
		for (const event of events) {
			if (this.#seen.has(event.id)) continue;
			this.#seen.add(event.id);
			const line = timelineLine(event, this.#name);
			if (line) fresh.push(line);
		}
		if (fresh.length === 0) return;
		const lines = [...this.lines, ...fresh].sort((a, b) => a.id - b.id);
		this.lines = lines.slice(-KEPT);
		if (this.#seen.size > KEPT * 4)
			for (const id of [...this.#seen].sort((a, b) => a - b).slice(0, -KEPT * 2))
				this.#seen.delete(id);
	}

	#name = (actor: string): string | null => {
		const { me, people } = this.#workspace;
		if (actor === me.user.id) return 'you';
		if (actor === this.#session.createdBy) return this.#session.createdByName;
		return people.all.find((person) => person.userId === actor)?.name ?? null;
	};
}
