// What people do to a runner, and the questions asked before.
import { attempt } from '#lib/state/attempt.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';
import type { RunnerView } from '#domain/views.ts';

export type RunnerQuestion = 'drain' | 'capacity' | 'rename' | 'deregister';

export class RunnerControl {
	#workspace: Workspace;
	asking = $state.raw<{ runner: RunnerView; question: RunnerQuestion } | null>(null);

	constructor(workspace: Workspace) {
		this.#workspace = workspace;
	}

	ask(runner: RunnerView, question: RunnerQuestion): void {
		this.asking = { runner, question };
	}

	activate(runner: RunnerView): Promise<boolean> {
		return this.#take(
			() => this.#workspace.api.runners.activate.mutate({ runnerId: runner.id }),
			`${name(runner)} takes sessions again`
		);
	}

	/** @param deadlineMinutes after which what still runs is ended; null waits for the end */
	drain(runner: RunnerView, deadlineMinutes: number | null): Promise<boolean> {
		return this.#take(
			() =>
				this.#workspace.api.runners.drain.mutate({
					runnerId: runner.id,
					...(deadlineMinutes ? { deadlineMinutes } : {})
				}),
			`${name(runner)} takes no new sessions`,
			{ label: 'Undo', run: () => void this.activate(runner) }
		);
	}

	setCapacity(runner: RunnerView, capacity: number): Promise<boolean> {
		return this.#take(() =>
			this.#workspace.api.runners.setCapacity.mutate({ runnerId: runner.id, capacity })
		);
	}

	rename(runner: RunnerView, label: string): Promise<boolean> {
		return this.#take(() =>
			this.#workspace.api.runners.rename.mutate({ runnerId: runner.id, label: label || null })
		);
	}

	async deregister(runner: RunnerView, force: boolean): Promise<boolean> {
		const result = await attempt(
			() => this.#workspace.api.runners.deregister.mutate({ runnerId: runner.id, force }),
			{ done: `${name(runner)} is removed` }
		);
		if (result.ok) this.#workspace.runners.remove(runner.id);
		return result.ok;
	}

	async #take(
		call: () => Promise<RunnerView>,
		done?: string,
		undo?: { label: string; run: () => void }
	): Promise<boolean> {
		const result = await attempt(call, { ...(done ? { done } : {}), ...(undo ? { undo } : {}) });
		if (result.ok) this.#workspace.runners.put(result.value);
		return result.ok;
	}
}

const name = (runner: RunnerView) => runner.label ?? runner.hostname;
