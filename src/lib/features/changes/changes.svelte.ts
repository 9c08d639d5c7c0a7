// What one session has changed: the list, and the patch of the file that is looked at. Asked for while somebody looks.
import { isTerminal } from '#domain/session.ts';
import type { FeedEvent, SessionView } from '#domain/views.ts';
import type { DiffFile, DiffSummary } from '#protocol/runner/diff-told.ts';
import type { FilePatch } from '#protocol/runner/patch-told.ts';
import { attempt } from '#lib/state/attempt.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';
import type { Explanation } from '#lib/text/errors.ts';

/** Asked again this long after a file was touched, and at most every so often. */
const SOON_MS = 500;
const APART_MS = 2_000;
/** Where only printed text tells that something happens. */
const PRINTED_MS = 4_000;
/** What tells nothing at all is looked at this often while somebody watches. */
const QUIET_MS = 15_000;

const TOUCHES = new Set(['file_edit', 'file_create', 'file_delete', 'command', 'test_run', 'diff']);

/** How soon the list is out of date after an event, in milliseconds; null when it is not. */
export function outdatedIn(event: Pick<FeedEvent, 'type' | 'data'>): number | null {
	if (event.type === 'session.ended' || event.type === 'session.started') return SOON_MS;
	if (event.type !== 'session.work') return null;
	const { kind } = (event.data.work ?? {}) as { kind?: string };
	if (kind === 'output') return PRINTED_MS;
	return kind && TOUCHES.has(kind) ? SOON_MS : null;
}

export class Changes {
	summary = $state.raw<DiffSummary | null>(null);
	problem = $state.raw<Explanation | null>(null);
	loading = $state(false);
	/** Path of the file that is looked at. */
	selected = $state<string | null>(null);
	patch = $state.raw<FilePatch | null>(null);
	patchProblem = $state.raw<Explanation | null>(null);
	readonly sessionId: string;
	#workspace: Workspace;
	#timer: ReturnType<typeof setTimeout> | null = null;
	#askedAt = -Infinity;
	#outdated = true;
	#open = false;

	constructor(workspace: Workspace, session: Pick<SessionView, 'id'>) {
		this.#workspace = workspace;
		this.sessionId = session.id;
	}

	/** The entry of the file that is looked at, when it still stands in the list. */
	get file(): DiffFile | null {
		return this.summary?.files.find((file) => file.path === this.selected) ?? null;
	}

	/** Keeps itself up to date until the returned function is called. */
	open(): () => void {
		this.#open = true;
		const stop = this.#workspace.feed.onEvent((event) => {
			if (event.sessionId !== this.sessionId) return;
			const ms = outdatedIn(event);
			if (ms !== null) this.#later(ms);
		});
		if (this.#outdated) void this.refresh();
		const quiet = setInterval(() => {
			const session = this.#workspace.sessions.get(this.sessionId);
			const works = session !== undefined && !isTerminal(session.state);
			if (works && document.visibilityState === 'visible') this.#later(0);
		}, QUIET_MS);
		return () => {
			this.#open = false;
			clearInterval(quiet);
			if (this.#timer) this.#outdated = true;
			if (this.#timer) clearTimeout(this.#timer);
			this.#timer = null;
			stop();
		};
	}

	#later(ms: number): void {
		if (this.#timer || !this.#open) return;
		const wait = Math.max(ms, this.#askedAt + APART_MS - performance.now());
		this.#timer = setTimeout(() => {
			this.#timer = null;
			void this.refresh();
		}, wait);
	}

	async refresh(): Promise<void> {
		if (this.loading) return this.#later(SOON_MS);
		this.loading = true;
		this.#outdated = false;
		this.#askedAt = performance.now();
		const { sessionId } = this;
		const result = await attempt(() => this.#workspace.api.sessions.diff.query({ sessionId }), {
			quiet: true
		});
		this.loading = false;
		if (!result.ok) {
			this.problem = result.why;
			// What was listed lies nowhere any more.
			if (result.why.code === 'WORKSPACE_GONE') this.summary = null;
			return;
		}
		this.problem = null;
		this.summary = result.value;
		if (this.selected !== null) await this.#loadPatch(this.selected);
	}

	/** Shows a file; null shows none. */
	select(path: string | null): void {
		if (path === this.selected) return;
		this.selected = path;
		this.patch = null;
		this.patchProblem = null;
		if (path !== null) void this.#loadPatch(path);
	}

	/** The file before or after the one that is looked at. */
	step(by: 1 | -1): void {
		const files = this.summary?.files ?? [];
		const at = files.findIndex((file) => file.path === this.selected);
		const next = files[at + by];
		if (next && at + by >= 0) this.select(next.path);
	}

	async #loadPatch(path: string): Promise<void> {
		const { sessionId } = this;
		const result = await attempt(
			() => this.#workspace.api.sessions.patch.query({ sessionId, path }),
			{ quiet: true }
		);
		// Somebody looks at another file by now.
		if (this.selected !== path) return;
		if (result.ok) {
			this.patch = result.value;
			this.patchProblem = null;
		} else {
			this.patch = null;
			this.patchProblem = result.why;
		}
	}
}
