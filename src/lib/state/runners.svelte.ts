// The runners of an org, the ones that are there first.
import type { RunnerView } from '#domain/views.ts';
import { Rows } from './rows.svelte.ts';
import type { Sessions } from './sessions.svelte.ts';

const name = (runner: RunnerView) => runner.label ?? runner.hostname;

export class Runners extends Rows<RunnerView> {
	#sessions: Sessions;
	/** A runner's row comes when the runner changes; the slots in use are those of the sessions that are known here. */
	#counted: RunnerView[] = $derived.by(() => {
		// eslint-disable-next-line svelte/prefer-svelte-reactivity -- made anew each time
		const used = new Map<string, number>();
		for (const { runnerId } of this.#sessions.active)
			if (runnerId) used.set(runnerId, (used.get(runnerId) ?? 0) + 1);
		return super.all.map((runner) => {
			const now = used.get(runner.id) ?? 0;
			return now === runner.used ? runner : { ...runner, used: now };
		});
	});
	readonly online: RunnerView[] = $derived.by(() => this.all.filter((r) => r.status === 'online'));

	/** @param sessions every active session of the org */
	constructor(sessions: Sessions) {
		super(
			(a, b) =>
				Number(b.connected) - Number(a.connected) ||
				name(a).localeCompare(name(b)) ||
				a.id.localeCompare(b.id)
		);
		this.#sessions = sessions;
	}

	override get all(): RunnerView[] {
		return this.#counted;
	}

	override get(id: string): RunnerView | undefined {
		return this.#counted.find((runner) => runner.id === id);
	}
}
