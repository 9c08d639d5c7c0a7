// What runners say about sessions, applied inside the door's transaction (control-plane.md 8.4, 6.5). Frames about another
// runner's session, an old attempt or a finished session change nothing.
import { and, eq } from 'drizzle-orm';
import type { FailureClass } from '#domain/session.ts';
import { isTerminal } from '#domain/session.ts';
import type { ReliableRunnerFrame } from '#protocol/runner/up.ts';
import type { Approvals } from '#server/approvals/service.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Clock } from '#server/clock.ts';
import { houses } from '#server/db/schema/villages.ts';
import { sessionAttempts } from '#server/db/schema/sessions.ts';
import type { Tx } from '#server/db/open.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import type { Logger } from '#server/log.ts';
import { tell } from '#server/runners/store.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { learnOfHouse } from '#server/villages/store.ts';
import { createExits, patchUsage, type ExitReport, type Exits } from './exits.ts';
import { lockSession, type Session } from './store.ts';
import type { Sessions } from './service.ts';
import { about, type Transition } from './transition.ts';

type FrameOf<T extends ReliableRunnerFrame['t']> = Extract<ReliableRunnerFrame, { t: T }>;
type SessionFrame = Exclude<
	ReliableRunnerFrame,
	{
		t:
			| 'runner.update'
			| 'runner.bye'
			| 'approval.applied'
			| 'approval.withdrawn'
			| 'stream.gap'
			| 'house.checked';
	}
>;

export interface SessionFrames extends Exits {
	/** Applies one frame. Resolves `stale` when it was about an attempt that is over. */
	apply(
		tx: Tx,
		collect: Collector,
		runnerId: string,
		frame: SessionFrame
	): Promise<'ok' | 'stale' | 'forbidden'>;
}

const FAILURE_OF_REJECTION: Record<FrameOf<'session.rejected'>['code'], FailureClass> = {
	no_capacity: 'start_failed',
	no_provider: 'start_failed',
	no_build: 'start_failed',
	auth_missing: 'provider_auth',
	bad_spec: 'start_failed',
	workspace: 'workspace',
	stale: 'internal',
	internal: 'internal'
};

/** What no system returns is nobody's exit code, and would not fit its column. */
const exitCode = (code: number | null) => (code !== null && Math.abs(code) < 2 ** 31 ? code : null);

/** A runner that refused a session for now is left out for this long. */
const EXCLUDE_MS = 60_000;

export function createSessionFrames(deps: {
	clock: Clock;
	log: EventLog;
	logger: Logger;
	links: RunnerLinks;
	terminals: Terminals;
	agents: Agents;
	approvals: Approvals;
	transition: Transition;
	sessions: Sessions;
}): SessionFrames {
	const { clock, transition } = deps;
	const exits = createExits(deps);

	const self: SessionFrames = {
		...exits,
		async apply(tx, collect, runnerId, frame) {
			const session = await lockSession(tx, frame.sessionId);
			if (!session) return 'stale';
			if (session.runnerId !== runnerId)
				return session.runnerId === null || frame.attempt < session.attempt ? 'stale' : 'forbidden';
			if (frame.attempt !== session.attempt || isTerminal(session.state)) return 'stale';
			const actor = `runner:${runnerId}`;
			switch (frame.t) {
				case 'session.accepted':
					await tx
						.update(sessionAttempts)
						.set({ acceptedAt: clock.now() })
						.where(
							and(
								eq(sessionAttempts.sessionId, session.id),
								eq(sessionAttempts.attempt, session.attempt)
							)
						);
					return 'ok';
				case 'session.phase':
					if (
						session.state === 'QUEUED' &&
						session.phase !== frame.phase &&
						session.phase !== 'stopping'
					)
						await transition(
							tx,
							collect,
							session,
							{ type: 'progress', phase: frame.phase },
							{ actor }
						);
					return 'ok';
				case 'session.rejected':
					await rejected(tx, collect, session, frame, actor);
					return 'ok';
				case 'session.started':
					await started(tx, collect, session, frame, actor);
					return 'ok';
				case 'session.work': {
					const { event } = frame;
					collect.add(session.orgId, {
						...about(session),
						type: 'session.work',
						data: { sessionId: session.id, work: event },
						actor: session.agentId
					});
					if (event.kind !== 'output')
						await deps.agents.worked(tx, collect, session.agentId, {
							kind: event.kind,
							text: event.path ?? (event.command ? `$ ${event.command}` : event.text)
						});
					return 'ok';
				}
				case 'session.usage': {
					const usage = await patchUsage(tx, session, frame.totals);
					if (usage)
						collect.add(session.orgId, {
							...about(session),
							type: 'session.usage',
							data: { sessionId: session.id, usage },
							actor: session.agentId
						});
					return 'ok';
				}
				case 'session.paused':
				case 'session.resumed': {
					const type = frame.t === 'session.paused' ? 'pause' : 'resume';
					const fits =
						type === 'pause'
							? session.state !== 'PAUSED_BY_HUMAN'
							: session.state === 'PAUSED_BY_HUMAN';
					if (frame.ok && fits && session.state !== 'QUEUED')
						await transition(
							tx,
							collect,
							session,
							{ type },
							{ actor: deps.sessions.askedBy(frame.requestId) ?? actor }
						);
					const answer = { ok: frame.ok, message: frame.message };
					collect.after(() => deps.sessions.confirmed(frame.requestId, answer));
					return 'ok';
				}
				case 'approval.request':
					await deps.approvals.requested(tx, collect, session, frame);
					return 'ok';
				case 'house.facts':
					await facts(tx, collect, session, frame);
					return 'ok';
				case 'session.exited': {
					const report: ExitReport = {
						sessionId: session.id,
						attempt: session.attempt,
						code: exitCode(frame.code),
						signal: frame.signal,
						finalOffset: frame.finalOffsets.find((f) => f.kind === 1)?.offset ?? 0,
						providerError: frame.providerResult?.ok === false,
						hostLost: frame.hostLost ?? false,
						stopCause: frame.stopCause,
						totals: frame.totals
					};
					collect.after(() => {
						self
							.exited(runnerId, report)
							.catch((error: unknown) =>
								deps.logger.error(
									{ err: error, sessionId: report.sessionId },
									'an exit could not be applied'
								)
							);
					});
					return 'ok';
				}
			}
		}
	};

	async function rejected(
		tx: Tx,
		collect: Collector,
		session: Session,
		frame: FrameOf<'session.rejected'>,
		actor: string
	) {
		if (session.state !== 'QUEUED') return;
		if (frame.retryable) {
			await tx
				.update(sessionAttempts)
				.set({ excludedUntil: new Date(clock.now().getTime() + EXCLUDE_MS) })
				.where(
					and(
						eq(sessionAttempts.sessionId, session.id),
						eq(sessionAttempts.attempt, session.attempt)
					)
				);
			await transition(
				tx,
				collect,
				session,
				{ type: 'unassign' },
				{ actor, reason: frame.message }
			);
		} else
			await transition(
				tx,
				collect,
				session,
				{ type: 'fail', failureClass: FAILURE_OF_REJECTION[frame.code] },
				{ actor, reason: frame.message }
			);
	}

	async function started(
		tx: Tx,
		collect: Collector,
		session: Session,
		frame: FrameOf<'session.started'>,
		actor: string
	) {
		if (session.state !== 'QUEUED') return;
		await tx
			.update(sessionAttempts)
			.set({ startedAt: clock.now() })
			.where(
				and(eq(sessionAttempts.sessionId, session.id), eq(sessionAttempts.attempt, session.attempt))
			);
		const next = await transition(
			tx,
			collect,
			session,
			{ type: 'start' },
			{
				actor,
				patch: {
					runtimeVersion: frame.providerVersion,
					level: frame.level,
					mode: frame.mode,
					cols: frame.cols,
					rows: frame.rows,
					headSha: frame.headSha ?? null,
					branch: frame.branch ?? null
				}
			}
		);
		// Stopped while it was starting: the process must hear of it.
		if (next.stopCause && next.runnerId)
			await tell(deps.links, tx, collect, next.runnerId, {
				t: 'session.stop',
				sessionId: next.id,
				attempt: next.attempt,
				cause: next.stopCause,
				force: false
			});
		const placement = deps.links.placementOf(session.id);
		if (placement)
			collect.after(() => {
				deps.terminals
					.linked(
						{ sessionId: session.id, attempt: session.attempt, termBase: placement.termBase },
						0
					)
					.catch((error: unknown) =>
						deps.logger.error({ err: error }, 'input could not be linked')
					);
			});
	}

	async function facts(
		tx: Tx,
		collect: Collector,
		session: Session,
		frame: FrameOf<'house.facts'>
	) {
		if (!session.houseId) return;
		const [house] = await tx.select().from(houses).where(eq(houses.id, session.houseId));
		if (
			!house ||
			(house.readiness === 'ready' &&
				house.language === frame.language &&
				house.files === frame.files)
		)
			return;
		const change = {
			language: frame.language,
			files: frame.files,
			// A session stands in it: whatever a check said or will say, it can be worked in.
			readiness: 'ready',
			readinessNote: null
		} as const;
		await learnOfHouse(tx, collect, house, change, clock.now());
	}

	return self;
}
