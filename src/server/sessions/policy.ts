// How a running session goes on without a person.
import { eq } from 'drizzle-orm';
import { isTerminal } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';
import type { Approvals } from '#server/approvals/service.ts';
import { audit } from '#server/audit/service.ts';
import { demand, missing, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog } from '#server/events/log.ts';
import { lockSession, viewOf } from './store.ts';
import { about } from './transition.ts';

export interface SessionPolicy {
	unattended?: boolean | undefined;
	onDeny?: 'continue' | 'stop' | undefined;
	onRunnerLost?: 'wait' | 'reschedule' | 'fail' | undefined;
}

/**
 * Changes what is given. What waits in a session is denied when nobody attends it any more.
 * Throws `SESSION_NOT_FOUND`, `FORBIDDEN`, `INVALID_STATE` for a session that has ended.
 */
export type SetSessionPolicy = (
	actor: Actor,
	sessionId: string,
	policy: SessionPolicy
) => Promise<SessionView>;

export function createSetPolicy(deps: {
	clock: Clock;
	log: EventLog;
	approvals: Approvals;
}): SetSessionPolicy {
	return (actor, sessionId, policy) =>
		deps.log.transact(async (tx, collect) => {
			const now = deps.clock.now();
			const session = await lockSession(tx, sessionId);
			if (!session) throw missing('SESSION_NOT_FOUND');
			demand(actor, session.orgId, 'session.control', 'SESSION_NOT_FOUND');
			if (isTerminal(session.state))
				throw new AppError('INVALID_STATE', 'The session has ended.', {
					sessionId,
					state: session.state,
					attempted: 'setPolicy',
					allowed: []
				});
			const {
				unattended = session.unattended,
				onDeny = session.onDeny,
				onRunnerLost = session.onRunnerLost
			} = policy;
			const [changed] = await tx
				.update(sessions)
				.set({ unattended, onDeny, onRunnerLost, rev: session.rev + 1, updatedAt: now })
				.where(eq(sessions.id, sessionId))
				.returning();
			await audit(tx, {
				orgId: session.orgId,
				actor,
				action: 'session.policy',
				target: { kind: 'session', id: sessionId },
				detail: { ...policy },
				at: now
			});
			if (unattended) await deps.approvals.denyWaiting(tx, collect, changed!);
			const view = await viewOf(tx, sessionId, now);
			collect.add(session.orgId, {
				...about(session),
				type: 'session.policy',
				data: { sessionId, session: view },
				actor: actor.id
			});
			return view;
		});
}
