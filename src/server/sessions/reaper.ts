// The timers of sessions: each is one line around a function that can be called without waiting (control-plane.md 4.3).
import { and, eq, inArray, isNotNull, lt, sql, type SQL } from 'drizzle-orm';
import type { LimitName } from '#domain/limits.ts';
import { ACTIVE_STATES, isTerminal } from '#domain/session.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Approvals } from '#server/approvals/service.ts';
import type { Clock } from '#server/clock.ts';
import { approvals as approvalRows, sessions } from '#server/db/schema/sessions.ts';
import type { Database } from '#server/db/open.ts';
import type { EventLog } from '#server/events/log.ts';
import type { Retention } from '#server/events/retention.ts';
import type { Logger } from '#server/log.ts';
import type { Limits } from '#server/orgs/limits.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Runners } from '#server/runners/service.ts';
import { tell } from '#server/runners/store.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { lockSession } from './store.ts';
import type { Transition } from './transition.ts';

export interface Reaper {
	/** Deadlines, queue timeouts, unconfirmed stops, long pauses, expired approvals, lost runners, expired data. */
	sweep(): Promise<void>;
	idleMs(): number;
	close(): Promise<void>;
}

const STOP_UNCONFIRMED_MS = 30_000;

export function createReaper(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	logger: Logger;
	links: RunnerLinks;
	terminals: Terminals;
	approvals: Approvals;
	runners: Runners;
	agents: Agents;
	transition: Transition;
	retention: Retention;
	limits: Limits;
	/** 15 s, shorter in tests. */
	everyMs: number;
}): Reaper {
	const { clock, log, links, transition } = deps;
	const { db } = deps.database;
	let sweptAt = clock.monotonicMs();
	let running: Promise<void> | null = null;

	const ids = (where: SQL | undefined) =>
		db.select({ id: sessions.id }).from(sessions).where(where).limit(500);

	/** Each item in its own transaction, so that one that fails keeps nobody else waiting. */
	async function each(rows: { id: string }[], work: (id: string) => Promise<void>): Promise<void> {
		for (const { id } of rows)
			await work(id).catch((error: unknown) =>
				deps.logger.error({ err: error, sessionId: id }, 'sweeping a session failed')
			);
	}

	const stopFor = (cause: 'timeout' | 'user', endReason?: string) => (id: string) =>
		log.transact(async (tx, collect) => {
			const session = await lockSession(tx, id);
			if (!session || isTerminal(session.state) || session.stopCause) return;
			const next = await transition(
				tx,
				collect,
				session,
				{ type: 'stop', cause },
				{ actor: 'sweeper', reason: endReason }
			);
			if (!next.runnerId || isTerminal(next.state)) return;
			const runnerId = next.runnerId;
			await tell(links, tx, collect, runnerId, {
				t: 'session.stop',
				sessionId: id,
				attempt: next.attempt,
				cause,
				force: false
			});
		});

	async function sweep(): Promise<void> {
		const now = clock.now();
		/** Longer ago than this limit of the row's own org. */
		const passed = (name: LimitName, unit: 'minutes' | 'hours') =>
			sql`${now.toISOString()}::timestamptz - ${deps.limits.sql(name, sessions.orgId)} * ${sql.raw(`interval '1 ${unit}'`)}`;
		await deps.approvals.expire();
		await deps.runners.sweepLost();
		await each(
			await ids(
				and(
					eq(sessions.state, 'QUEUED'),
					eq(sessions.phase, 'waiting'),
					lt(sessions.queuedAt, passed('queueTimeoutMinutes', 'minutes'))
				)
			),
			(id) =>
				log.transact(async (tx, collect) => {
					const session = await lockSession(tx, id);
					if (session?.state === 'QUEUED' && session.phase === 'waiting')
						await transition(
							tx,
							collect,
							session,
							{ type: 'fail', failureClass: 'queue_timeout' },
							{ actor: 'sweeper' }
						);
				})
		);
		await each(
			await ids(
				and(
					inArray(sessions.state, ['RUNNING', 'WAITING_FOR_APPROVAL']),
					lt(sessions.deadlineAt, now)
				)
			),
			stopFor('timeout')
		);
		await each(
			await ids(
				and(
					eq(sessions.state, 'PAUSED_BY_HUMAN'),
					lt(sessions.pausedAt, passed('maxPauseHours', 'hours'))
				)
			),
			stopFor('user', 'pause_expired')
		);
		await each(
			await ids(
				and(
					inArray(sessions.state, [...ACTIVE_STATES]),
					isNotNull(sessions.stopCause),
					lt(sessions.stopRequestedAt, new Date(now.getTime() - STOP_UNCONFIRMED_MS))
				)
			),
			(id) =>
				log.transact(async (tx, collect) => {
					const session = await lockSession(tx, id);
					if (session && !isTerminal(session.state) && session.stopCause)
						await transition(
							tx,
							collect,
							session,
							{ type: 'give_up_stopping' },
							{ actor: 'sweeper' }
						);
				})
		);
		await each(
			await ids(
				and(
					eq(sessions.dataExpired, false),
					lt(sessions.endedAt, passed('sessionDataTtlHours', 'hours'))
				)
			),
			expire
		);
		await deps.retention.sweep();
		sweptAt = clock.monotonicMs();
	}

	async function expire(id: string): Promise<void> {
		await deps.terminals.expire(id);
		await db.transaction(async (tx) => {
			await tx
				.update(approvalRows)
				.set({ details: null, diff: null })
				.where(eq(approvalRows.sessionId, id));
			await tx
				.update(sessions)
				.set({ dataExpired: true, rev: sql`${sessions.rev} + 1` })
				.where(eq(sessions.id, id));
		});
	}

	const once = () =>
		(running ??= sweep()
			.catch((error: unknown) => deps.logger.error({ err: error }, 'the sweep failed'))
			.finally(() => (running = null)));
	const sweeper = setInterval(() => void once(), deps.everyMs);
	const ticker = setInterval(() => {
		deps.agents
			.tick()
			.catch((error: unknown) => deps.logger.error({ err: error }, 'moods were not derived'));
	}, 1_000);
	sweeper.unref();
	ticker.unref();

	return {
		sweep,
		idleMs: () => clock.monotonicMs() - sweptAt,
		async close() {
			clearInterval(sweeper);
			clearInterval(ticker);
			await running;
		}
	};
}
