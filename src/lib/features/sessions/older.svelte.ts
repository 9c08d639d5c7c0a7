// The list of sessions: the live ones the page knows, and older ones as far as somebody asked for them.
import type { Page, SessionView } from '#domain/views.ts';
import { attempt } from '#lib/state/attempt.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';

export class OlderSessions {
	#workspace: Workspace;
	#older = $state.raw<SessionView[]>([]);
	#page = 1;
	hasMore = $state(false);
	busy = $state(false);

	/** Newest first, each once; what is live wins over what was loaded. */
	readonly all: SessionView[] = $derived.by(() => {
		const live = this.#workspace.sessions.all;
		const rest = this.#older.filter((s) => !this.#workspace.sessions.get(s.id));
		if (rest.length === 0) return live;
		return [...live, ...rest].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
	});

	constructor(workspace: Workspace, first: Page<SessionView>) {
		this.#workspace = workspace;
		this.#older = first.items;
		this.hasMore = first.hasMore;
	}

	/** Loads one more page. */
	async more(): Promise<void> {
		if (this.busy || !this.hasMore) return;
		this.busy = true;
		const { api, orgId } = this.#workspace;
		const result = await attempt(() =>
			api.sessions.list.query({ orgId, page: this.#page + 1, pageSize: 50 })
		);
		this.busy = false;
		if (!result.ok) return;
		this.#page++;
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- it lives for this call
		const known = new Set(this.#older.map((s) => s.id));
		this.#older = [...this.#older, ...result.value.items.filter((s) => !known.has(s.id))];
		this.hasMore = result.value.hasMore;
	}
}
