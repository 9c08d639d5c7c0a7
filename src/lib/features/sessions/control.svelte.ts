// What people do to a session, with what is possible now: one object per page, used by rows, headers, menus and keys.
import { allowed } from '#domain/session-machine.ts';
import { isTerminal } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';
import { SvelteSet } from 'svelte/reactivity';
import { attempt } from '#lib/state/attempt.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';

export type Verb = 'pause' | 'resume' | 'stop';

/** A stop that takes longer than this may be forced. */
export const FORCE_AFTER_MS = 10_000;

export class SessionControl {
	#workspace: Workspace;
	#busy = new SvelteSet<string>();
	/** The session that a confirmation is asked for. */
	stopping = $state.raw<{ session: SessionView; force: boolean } | null>(null);

	constructor(workspace: Workspace) {
		this.#workspace = workspace;
	}

	busy(session: SessionView, verb: Verb): boolean {
		return this.#busy.has(`${verb} ${session.id}`);
	}

	/** Why a verb cannot be used now, or null. */
	reason(session: SessionView, verb: Verb): string | null {
		if (!this.#workspace.can('session.control')) return 'Your role does not allow this.';
		if (allowed(session).includes(verb)) return null;
		if (isTerminal(session.state)) return 'The session has ended.';
		if (session.phase === 'stopping') return 'It is being stopped.';
		return verb === 'resume' ? 'It is not paused.' : 'It is not running yet.';
	}

	async pause(session: SessionView): Promise<void> {
		await this.#do(session, 'pause', () =>
			this.#workspace.api.sessions.pause.mutate({ sessionId: session.id })
		);
	}

	async resume(session: SessionView): Promise<void> {
		await this.#do(session, 'resume', () =>
			this.#workspace.api.sessions.resume.mutate({ sessionId: session.id })
		);
	}

	/** Pauses what runs, resumes what is paused. */
	async toggle(session: SessionView): Promise<void> {
		if (!this.reason(session, 'resume')) await this.resume(session);
		else if (!this.reason(session, 'pause')) await this.pause(session);
	}

	/** Asks first; `ConfirmStop.svelte` calls `stop`. */
	askStop(session: SessionView, force = false): void {
		this.stopping = { session, force };
	}

	/** False when it was refused, so that the question stays open. */
	async stop(session: SessionView, force: boolean): Promise<boolean> {
		return this.#do(session, 'stop', () =>
			this.#workspace.api.sessions.stop.mutate({
				sessionId: session.id,
				...(force ? { force } : {})
			})
		);
	}

	async #do(session: SessionView, verb: Verb, call: () => Promise<unknown>): Promise<boolean> {
		const key = `${verb} ${session.id}`;
		if (this.#busy.has(key)) return false;
		this.#busy.add(key);
		const result = await attempt(call);
		this.#busy.delete(key);
		if (result.ok && isSession(result.value)) this.#workspace.takeSession(result.value);
		return result.ok;
	}
}

function isSession(value: unknown): value is SessionView {
	return (
		typeof value === 'object' && value !== null && 'pendingApprovals' in value && 'rev' in value
	);
}
