// The houses of a village, by name.
import type { HouseRow } from '#domain/views.ts';
import { Rows } from './rows.svelte.ts';

export class Houses extends Rows<HouseRow> {
	constructor() {
		super((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
	}
}
