// A runner came back: its truth against the server's wish, session by session (control-plane.md 6.5).
import { and, eq, inArray } from 'drizzle-orm';
import { reconcile, type Desired } from '#domain/reconcile.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { Hello } from '#protocol/runner/hello.ts';
import type { SessionVerdict } from '#protocol/runner/welcome.ts';
import { sessionAttempts, sessions } from '#server/db/schema/sessions.ts';
import { lockSession } from '#server/sessions/store.ts';
import type { ConnectionDeps } from './wire.ts';

/** Makes the server's view and the runner's agree, and says what becomes of each session. */
export async function reconcileSessions(
	deps: ConnectionDeps,
	runnerId: string,
	hello: Hello
): Promise<SessionVerdict[]> {
	const { links, terminals } = deps;
	const { db } = deps.database;
	const rows = await db
		.select()
		.from(sessions)
		.where(and(eq(sessions.runnerId, runnerId), inArray(sessions.state, [...ACTIVE_STATES])));
	const desired = new Map<string, Desired>(
		rows.map((s) => [
			s.id,
			{
				sessionId: s.id,
				runnerId: s.runnerId,
				attempt: s.attempt,
				state: s.state,
				phase: s.phase,
				stopCause: s.stopCause
			}
		])
	);
	const held = hello.sessions.map((h) => ({
		sessionId: h.sessionId,
		attempt: h.attempt,
		exited: h.phase === 'exited'
	}));
	const result = reconcile(runnerId, held, desired);
	for (const s of rows) {
		const [attempt] = await db
			.select()
			.from(sessionAttempts)
			.where(and(eq(sessionAttempts.sessionId, s.id), eq(sessionAttempts.attempt, s.attempt)));
		if (attempt)
			links.place({
				sessionId: s.id,
				orgId: s.orgId,
				runnerId: runnerId,
				attempt: s.attempt,
				streamId: attempt.streamId,
				termBase: attempt.termBase
			});
	}
	for (const id of result.lost)
		await deps.log.transact(async (tx, collect) => {
			const session = await lockSession(tx, id);
			if (session?.runnerId === runnerId && ACTIVE_STATES.some((a) => a === session.state))
				await deps.transition(
					tx,
					collect,
					session,
					session.onRunnerLost === 'reschedule' && session.attempt < 2
						? { type: 'requeue' }
						: { type: 'fail', failureClass: 'host_lost' },
					{ actor: 'system', reason: 'The session host that ran it is gone.' }
				);
		});
	const kept = result.verdicts.filter((v) => v.verdict !== 'discard' && desired.has(v.sessionId));
	for (const verdict of kept) {
		const session = rows.find((s) => s.id === verdict.sessionId);
		if (session?.connectivity === 'lost')
			await deps.log.transact((tx, collect) =>
				deps.runners.setConnectivity(tx, collect, session.id, 'ok')
			);
	}
	return Promise.all(
		result.verdicts.map(async (verdict) => {
			const placement = links.placementOf(verdict.sessionId);
			const mine = verdict.cause !== 'superseded' && placement?.attempt === verdict.attempt;
			return {
				...verdict,
				streams: mine ? await terminals.heads(placement) : [],
				inOffset: hello.sessions.find((h) => h.sessionId === verdict.sessionId)?.inOffset ?? 0
			};
		})
	);
}
