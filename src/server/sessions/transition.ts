// One transition of one session: decided by the domain, written with compare-and-set, told in the log, felt by its agent.
import { and, eq, isNull, sql } from 'drizzle-orm';
import { apply, decide, type SessionCommand, type SessionEvent } from '#domain/session-machine.ts';
import { isTerminal } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Bus } from '#server/bus/memory.ts';
import type { Clock } from '#server/clock.ts';
import { approvals, sessionAttempts, sessions, terminalInput } from '#server/db/schema/sessions.ts';
import type { Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, NewEvent } from '#server/events/log.ts';
import { tell } from '#server/runners/store.ts';
import { viewOfApproval } from '#server/approvals/store.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { countPending, viewOf, type Session } from './store.ts';

export interface TransitionOptions {
	actor: string;
	/** Other columns that change with it. */
	patch?: Partial<typeof sessions.$inferInsert>;
	/** What the person said, kept with the end. */
	reason?: string | undefined;
	/** Pending approvals as the machine should see them, when the caller has just settled one. */
	pending?: number | undefined;
}

export type Transition = (
	tx: Tx,
	collect: Collector,
	/** The row, locked by the caller. */
	session: Session,
	command: SessionCommand,
	options: TransitionOptions
) => Promise<Session>;

/** Characters of a runner's sentence that are kept as the reason of an end. */
const END_REASON_MOST = 500;
/** How long a finished placement still takes late bytes. */
const LATE_BYTES_MS = 15_000;

export function createTransition(deps: {
	agents: Agents;
	links: RunnerLinks;
	terminals: Terminals;
	bus: Bus;
	clock: Clock;
}): Transition {
	const { agents, links, terminals, bus, clock } = deps;

	return async function transition(tx, collect, session, command, options) {
		const now = clock.now();
		const pendingApprovals = options.pending ?? (await countPending(tx, session.id));
		const core = {
			state: session.state,
			phase: session.phase,
			stopCause: session.stopCause,
			attempt: session.attempt,
			pendingApprovals
		};
		const decision = decide(core, command);
		if (!decision.ok)
			throw new AppError(
				decision.code,
				decision.code === 'SESSION_ALREADY_STOPPED'
					? 'This session has already ended.'
					: `This is not possible while the session is ${session.state}.`,
				{
					sessionId: session.id,
					state: session.state,
					attempted: command.type,
					allowed: decision.allowed,
					...(session.endedAt ? { endedAt: session.endedAt.toISOString() } : {})
				}
			);
		const next = decision.events.reduce(apply, core);
		const patch: Partial<typeof sessions.$inferInsert> = {
			state: next.state,
			phase: next.phase,
			stopCause: next.stopCause,
			attempt: next.attempt,
			...options.patch
		};
		for (const event of decision.events)
			Object.assign(patch, columnsOf(event, session, now, options.actor));
		if (options.reason !== undefined) patch.stopReason = options.reason;
		const ended = decision.events.find((event) => event.type === 'ended');
		// Whoever refused to start it says what people need to know; the class alone does not.
		if (command.type === 'fail' && ended?.failureClass === command.failureClass && options.reason)
			patch.endReason = options.reason.slice(0, END_REASON_MOST);

		const [updated] = await tx
			.update(sessions)
			.set({ ...patch, rev: session.rev + 1, updatedAt: now })
			.where(and(eq(sessions.id, session.id), eq(sessions.rev, session.rev)))
			.returning();
		if (!updated) throw new AppError('CONFLICT', 'The session changed at the same moment.');

		const over = decision.events.find(
			(event) => event.type === 'ended' || event.type === 'requeued'
		);
		if (over) await closeAttempt(tx, collect, session, updated, over, options.actor);
		const view = await viewOf(tx, session.id, now);
		collect.add(
			session.orgId,
			...decision.events.flatMap((event) => logged(event, session, view, options, pendingApprovals))
		);

		if (over?.type === 'ended')
			await agents.sessionEnded(tx, collect, session.agentId, updated.state);
		else if (decision.events.length > 0) await agents.refresh(tx, collect, session.agentId, true);

		collect.after(() => {
			terminals.setPhase(session.id, terminalPhase(updated), updated.attempt);
			if (over || next.state === 'QUEUED') bus.publish({ kind: 'schedule' });
			if (over && session.attempt > 0)
				setTimeout(() => links.unplace(session.id, session.attempt), LATE_BYTES_MS).unref();
		});
		return updated;
	};

	/** A placement is over: its approvals are cancelled, its input is dropped, its runner may forget it. */
	async function closeAttempt(
		tx: Tx,
		collect: Collector,
		before: Session,
		after: Session,
		over: SessionEvent,
		actor: string
	): Promise<void> {
		const now = clock.now();
		await cancelApprovals(tx, collect, before, now, actor);
		await tx.delete(terminalInput).where(eq(terminalInput.sessionId, before.id));
		if (before.attempt === 0) return;
		await tx
			.update(sessionAttempts)
			.set({ endedAt: now, outcome: over.type === 'ended' ? over.state : 'requeued' })
			.where(
				and(
					eq(sessionAttempts.sessionId, before.id),
					eq(sessionAttempts.attempt, before.attempt),
					isNull(sessionAttempts.endedAt)
				)
			);
		if (!before.runnerId) return;
		const runnerId = before.runnerId;
		if (isTerminal(after.state) && after.exitCode === null && after.exitSignal === null)
			await tell(links, tx, collect, runnerId, {
				t: 'session.stop',
				sessionId: before.id,
				attempt: before.attempt,
				cause: 'superseded',
				force: false
			});
		await tell(links, tx, collect, runnerId, {
			t: 'session.discard',
			sessionId: before.id,
			attempt: before.attempt
		});
	}
}

/** Pending approvals end with the placement they were asked in; nothing is ever allowed by it. */
async function cancelApprovals(
	tx: Tx,
	collect: Collector,
	session: Session,
	now: Date,
	actor: string
): Promise<void> {
	const cancelled = await tx
		.update(approvals)
		.set({
			status: 'cancelled',
			resolvedAt: now,
			resolvedKind: 'system',
			reason: 'The session ended before an answer.'
		})
		.where(and(eq(approvals.sessionId, session.id), eq(approvals.status, 'pending')))
		.returning({ id: approvals.id });
	for (const { id } of cancelled)
		collect.add(session.orgId, {
			...about(session),
			type: 'approval.resolved',
			data: { approvalId: id, decision: null, approval: await viewOfApproval(tx, id) },
			actor
		});
}

/** The stream and the subjects of an event of a session. */
export function about(session: Session): Omit<NewEvent, 'type' | 'data' | 'actor'> {
	return {
		stream: `session:${session.id}`,
		villageId: session.villageId,
		houseId: session.houseId,
		agentId: session.agentId,
		sessionId: session.id
	};
}

function terminalPhase(session: Session): 'waiting' | 'live' | 'paused' | 'ended' {
	if (isTerminal(session.state)) return 'ended';
	if (session.state === 'PAUSED_BY_HUMAN') return 'paused';
	return session.state === 'CREATED' || session.state === 'QUEUED' ? 'waiting' : 'live';
}

/** Columns that a domain event sets besides state and phase. */
function columnsOf(
	event: SessionEvent,
	session: Session,
	now: Date,
	actor: string
): Partial<typeof sessions.$inferInsert> {
	switch (event.type) {
		case 'queued':
			return { queuedAt: now };
		case 'requeued':
			return {
				queuedAt: now,
				runnerId: null,
				streamId: null,
				connectivity: 'ok',
				lostAt: null,
				pausedAt: null,
				pausedBy: null,
				stopRequestedAt: null
			};
		case 'started':
			return {
				startedAt: session.startedAt ?? now,
				queueReason: null,
				deadlineAt: session.deadlineAt ?? new Date(now.getTime() + session.timeoutMinutes * 60_000)
			};
		case 'paused':
			return { pausedAt: now, pausedBy: actor };
		case 'resumed': {
			const pausedFor = session.pausedAt ? now.getTime() - session.pausedAt.getTime() : 0;
			return {
				pausedAt: null,
				pausedBy: null,
				pausedMs: session.pausedMs + pausedFor,
				deadlineAt: session.deadlineAt ? new Date(session.deadlineAt.getTime() + pausedFor) : null
			};
		}
		case 'stopping':
			return { stopRequestedAt: now };
		case 'ended': {
			const pausedFor = session.pausedAt ? now.getTime() - session.pausedAt.getTime() : 0;
			return {
				endedAt: now,
				endReason: event.endReason,
				failureClass: event.failureClass,
				queueReason: null,
				connectivity: 'ok',
				lostAt: null,
				pausedAt: null,
				pausedBy: null,
				pausedMs: session.pausedMs + pausedFor,
				envEnc: null
			};
		}
		default:
			return {};
	}
}

function logged(
	event: SessionEvent,
	before: Session,
	session: SessionView,
	options: TransitionOptions,
	pending: number
): NewEvent[] {
	const one = (type: string, data: Record<string, unknown> = {}): NewEvent => ({
		...about(before),
		type,
		data: { sessionId: before.id, ...data, session },
		actor: options.actor
	});
	const changed = () =>
		one('session.state_changed', {
			previousState: before.state,
			newState: session.state,
			reason: options.reason ?? event.type
		});
	switch (event.type) {
		case 'assigned':
		case 'phase_changed':
		case 'stopping':
			return [one('session.phase', { phase: session.phase })];
		case 'started':
			return [one('session.started', { attempt: session.attempt }), changed()];
		case 'ended':
			return [
				changed(),
				one('session.ended', {
					finalState: event.state,
					exitCode: session.exitCode,
					exitSignal: session.exitSignal,
					endReason: session.endReason,
					durationMs: session.activeMs,
					usage: session.usage,
					cancelledApprovals: pending
				})
			];
		case 'approval_opened':
		case 'approval_settled':
			return [];
		default:
			return [changed()];
	}
}

/** SQL for the next stream id. */
export const nextStreamId = sql<string>`nextval('stream_ids')`;
