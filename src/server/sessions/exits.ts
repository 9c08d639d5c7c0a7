// The end of a process: first its last bytes, then the session's final state (control-plane.md 4.2).
import { and, eq } from 'drizzle-orm';
import { isTerminal, type Usage } from '#domain/session.ts';
import { sessionAttempts, sessions } from '#server/db/schema/sessions.ts';
import type { Tx } from '#server/db/open.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { lockSession, type Session } from './store.ts';
import { about, type Transition } from './transition.ts';

export interface ExitReport {
	sessionId: string;
	attempt: number;
	code: number | null;
	signal: string | null;
	finalOffset: number;
	providerError: boolean;
	hostLost: boolean;
	/** Set when the runner's side ended it by itself: its own clock, or a lease that ran out. */
	stopCause?: 'user' | 'timeout' | 'policy' | 'drain' | 'superseded' | 'lease' | undefined;
	totals?: Partial<Usage> | undefined;
}

export interface Exits {
	/** Waits for the last bytes (10 s at most), then ends the session. Idempotent; also called from reconciliation. */
	exited(runnerId: string, report: ExitReport): Promise<void>;
}

export function createExits(deps: {
	log: EventLog;
	links: RunnerLinks;
	terminals: Terminals;
	transition: Transition;
}): Exits {
	const { transition } = deps;
	/** Exits that wait for bytes; at most one per session. */
	const exiting = new Set<string>();

	/** The runner stopped it while we could not say so (its own deadline): the cause counts as if we had. */
	async function stoppedThere(
		tx: Tx,
		collect: Collector,
		session: Session,
		report: ExitReport,
		actor: string
	): Promise<Session> {
		const cause = report.stopCause;
		if (!cause || cause === 'superseded' || cause === 'lease' || session.stopCause) return session;
		return transition(tx, collect, session, { type: 'stop', cause }, { actor });
	}

	return {
		async exited(runnerId, report) {
			const key = `${report.sessionId}/${report.attempt}`;
			if (exiting.has(key)) return;
			exiting.add(key);
			try {
				const placement = deps.links.placementOf(report.sessionId);
				const termBase = placement?.attempt === report.attempt ? placement.termBase : 0;
				const complete = await deps.terminals.ended(
					{ sessionId: report.sessionId, attempt: report.attempt, termBase },
					report.finalOffset,
					{ code: report.code, signal: report.signal }
				);
				await deps.log.transact(async (tx, collect) => {
					const session = await lockSession(tx, report.sessionId);
					if (
						!session ||
						session.runnerId !== runnerId ||
						session.attempt !== report.attempt ||
						isTerminal(session.state)
					)
						return;
					if (report.totals) await patchUsage(tx, session, report.totals);
					if (!complete)
						collect.add(session.orgId, {
							...about(session),
							type: 'session.gap',
							data: { sessionId: session.id, until: termBase + report.finalOffset },
							actor: 'system'
						});
					const ended = {
						actor: `runner:${runnerId}`,
						patch: {
							exitCode: report.code,
							exitSignal: report.signal,
							termNext: termBase + report.finalOffset
						}
					};
					if (report.stopCause === 'lease')
						// The lease is what lets the server place it again without two of it at work.
						await transition(
							tx,
							collect,
							session,
							session.attempt < 2
								? { type: 'requeue' }
								: { type: 'fail', failureClass: 'runner_lost' },
							ended
						);
					else if (report.hostLost)
						await transition(
							tx,
							collect,
							session,
							{ type: 'fail', failureClass: 'host_lost' },
							ended
						);
					else
						await transition(
							tx,
							collect,
							await stoppedThere(tx, collect, session, report, ended.actor),
							{
								type: 'exit',
								code: report.code,
								signal: report.signal,
								providerError: report.providerError
							},
							ended
						);
				});
			} finally {
				exiting.delete(key);
			}
		}
	};
}

/** Keeps the totals a runner reported; figures nobody reported stay null. */
export async function patchUsage(
	tx: Tx,
	session: Session,
	totals: Partial<Usage>
): Promise<Usage | null> {
	const usage = { ...session.usage };
	for (const [key, value] of Object.entries(totals) as [keyof Usage, number | null | undefined][])
		if (value !== undefined && value !== null && key in usage) usage[key] = value;
	await tx.update(sessions).set({ usage }).where(eq(sessions.id, session.id));
	await tx
		.update(sessionAttempts)
		.set({ usage })
		.where(
			and(eq(sessionAttempts.sessionId, session.id), eq(sessionAttempts.attempt, session.attempt))
		);
	const news = (Object.keys(usage) as (keyof Usage)[]).some(
		(key) => key !== 'cpuMs' && usage[key] !== session.usage[key]
	);
	return news ? usage : null;
}
