// Who is online; the list arrives whole whenever it changes.
import type { PersonRow } from '#domain/views.ts';

export class People {
	all = $state.raw<PersonRow[]>([]);

	/** Names of those who have this session's terminal open, without oneself. */
	watching(sessionId: string, self: string): string[] {
		return this.all.filter((p) => p.watching === sessionId && p.userId !== self).map((p) => p.name);
	}
}
