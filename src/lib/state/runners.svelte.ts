// The runners of an org, the ones that are there first.
import type { RunnerView } from '#domain/views.ts';
import { Rows } from './rows.svelte.ts';

const name = (runner: RunnerView) => runner.label ?? runner.hostname;

export class Runners extends Rows<RunnerView> {
	readonly online: RunnerView[] = $derived.by(() => this.all.filter((r) => r.status === 'online'));

	constructor() {
		super(
			(a, b) =>
				Number(b.connected) - Number(a.connected) ||
				name(a).localeCompare(name(b)) ||
				a.id.localeCompare(b.id)
		);
	}
}
