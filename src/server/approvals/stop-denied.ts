// A session that is to end when it is told no.
import { isTerminal } from '#domain/session.ts';
import type { Actor } from '#server/auth/actor.ts';
import type { Tx } from '#server/db/open.ts';
import type { Collector } from '#server/events/log.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import { tell } from '#server/runners/store.ts';
import { lockSession, type Session } from '#server/sessions/store.ts';
import type { Transition } from '#server/sessions/transition.ts';

export type StopDenied = (
	tx: Tx,
	collect: Collector,
	session: Session,
	actor: Actor
) => Promise<void>;

export function createStopDenied(deps: { links: RunnerLinks; transition: Transition }): StopDenied {
	return async (tx, collect, session, actor) => {
		const fresh = await lockSession(tx, session.id);
		if (!fresh || isTerminal(fresh.state)) return;
		const stopping = await deps.transition(
			tx,
			collect,
			fresh,
			{ type: 'stop', cause: 'policy' },
			{ actor: actor.id, reason: 'An approval was denied.' }
		);
		if (stopping.runnerId)
			await tell(deps.links, tx, collect, stopping.runnerId, {
				t: 'session.stop',
				sessionId: session.id,
				attempt: stopping.attempt,
				cause: 'policy',
				force: false
			});
	};
}
