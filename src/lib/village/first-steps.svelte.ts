// A newcomer's checklist on this page: what was seen here is told to the server once.
import { untrack } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import { attempt } from '#lib/state/attempt.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';
import { lookedAround, stepsDone, type Step } from './steps.ts';

interface View {
	x: number;
	y: number;
	zoom: number;
}

export class FirstSteps {
	#workspace: Workspace;
	#seen = new SvelteSet<Step>();
	#first: View | null = null;
	#touched = false;

	readonly done: ReadonlySet<Step> = $derived.by(() =>
		stepsDone({
			checklist: this.#workspace.checklist,
			seen: this.#seen,
			userId: this.#workspace.me.user.id,
			houses: this.#workspace.houses.all,
			runners: this.#workspace.runners.all,
			sessions: this.#workspace.sessions.all,
			approvals: this.#workspace.approvals.all
		})
	);

	constructor(workspace: Workspace) {
		this.#workspace = workspace;
	}

	saw(step: Step): void {
		untrack(() => {
			if (this.done.has(step)) return;
			this.#seen.add(step);
			void attempt(() => this.#workspace.api.checklist.done.mutate({ step }), { quiet: true });
		});
	}

	/** A hand is on the map: the camera's own easing is no looking around. */
	touched(): void {
		this.#touched = true;
	}

	looked(view: View): void {
		this.#first ??= view;
		if (this.#touched && lookedAround(this.#first, view)) this.saw('look_around');
	}

	dismiss(dismissed: boolean): void {
		this.#workspace.checklist = { ...this.#workspace.checklist, dismissed };
		void attempt(() => this.#workspace.api.checklist.dismiss.mutate({ dismissed }));
	}
}
