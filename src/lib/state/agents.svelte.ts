// The agents of a village, by name.
import type { AgentRow } from '#domain/views.ts';
import { Rows } from './rows.svelte.ts';

export class Agents extends Rows<AgentRow> {
	constructor() {
		super((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
	}

	ofHouse(houseId: string): AgentRow[] {
		return this.all.filter((agent) => agent.houseId === houseId);
	}
}
