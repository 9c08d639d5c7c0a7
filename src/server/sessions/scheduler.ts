// Gives waiting sessions to runners with a free slot (control-plane.md 6.4).
import { and, asc, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { place, type Candidate } from '#domain/scheduling.ts';
import { ACTIVE_STATES, NO_USAGE, type QueueReason } from '#domain/session.ts';
import type { Bus } from '#server/bus/memory.ts';
import type { Clock } from '#server/clock.ts';
import { runners } from '#server/db/schema/runners.ts';
import { sessionAttempts, sessions } from '#server/db/schema/sessions.ts';
import type { Database, Tx } from '#server/db/open.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import type { Logger } from '#server/log.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import { tell } from '#server/runners/store.ts';
import type { Limits } from '#server/orgs/limits.ts';
import type { Terminals } from '#server/terminals/types.ts';
import type { EnvSeal } from './sealed-env.ts';
import { lockSession, viewOf, type Session } from './store.ts';
import { about, nextStreamId, type Transition } from './transition.ts';

export interface Scheduler {
	/** One pass over everything that waits. Passes never overlap; one asked for meanwhile follows. */
	run(): Promise<void>;
	/** Milliseconds since the last finished pass, for `/readyz`. */
	idleMs(): number;
	close(): Promise<void>;
}

const EVERY_MS = 5_000;
/** `session.start` leaves once the logs are open (see `assign`), not with the commit. */
const NOT_YET = { get: () => null };

export function createScheduler(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	logger: Logger;
	bus: Bus;
	links: RunnerLinks;
	terminals: Terminals;
	transition: Transition;
	envSeal: EnvSeal;
	limits: Limits;
}): Scheduler {
	const { clock, links, log, terminals, transition } = deps;
	const { db } = deps.database;
	let running: Promise<void> | null = null;
	let again = false;
	let closed = false;
	let finishedAt = clock.monotonicMs();

	async function candidates(tx: Tx, orgId: string): Promise<Candidate[]> {
		const assigned = sql<number>`(select count(*)::int from ${sessions} s where s.runner_id = "runners"."id" and s.state in ${sql.raw(`('${ACTIVE_STATES.join("','")}')`)})`;
		const rows = await tx
			.select({ runner: runners, assigned })
			.from(runners)
			.where(and(eq(runners.orgId, orgId), isNull(runners.deletedAt)));
		return rows.map(({ runner: r, assigned: n }) => ({
			id: r.id,
			connected: links.isOnline(r.id),
			mode: r.mode,
			capacity: r.capacity,
			assigned: n,
			features: r.features,
			providers: r.providers,
			cpuPercent: r.load?.cpuPercent ?? null,
			lastAssignedAtMs: r.lastAssignedAt?.getTime() ?? null
		}));
	}

	async function assign(
		tx: Tx,
		collect: Collector,
		session: Session,
		runnerId: string,
		termBase: number
	) {
		// The runner's row is locked by this update until the commit: two placements never share the last slot. Whoever removed
		// or drained it since it was chosen has asked for another pass, and the session waits for that.
		const [free] = await tx
			.update(runners)
			.set({ lastAssignedAt: clock.now() })
			.where(and(eq(runners.id, runnerId), isNull(runners.deletedAt), eq(runners.mode, 'active')))
			.returning({ id: runners.id });
		if (!free) return;
		const [next] = await tx.execute<{ nextval: string }>(sql`select ${nextStreamId} as nextval`);
		const streamId = Number(next!.nextval);
		const placed = await transition(
			tx,
			collect,
			session,
			{ type: 'assign' },
			{
				actor: 'scheduler',
				patch: { runnerId, streamId, termBase, queueReason: null, connectivity: 'ok' }
			}
		);
		await tx.insert(sessionAttempts).values({
			sessionId: session.id,
			attempt: placed.attempt,
			runnerId,
			streamId,
			termBase,
			usage: NO_USAGE,
			assignedAt: clock.now()
		});
		const { approvalTimeoutSeconds } = await deps.limits.of(session.orgId, tx);
		await tell(NOT_YET, tx, collect, runnerId, {
			t: 'session.start',
			sessionId: session.id,
			attempt: placed.attempt,
			streamId,
			...(session.onRunnerLost === 'reschedule' ? { leaseMs: 45_000 } : {}),
			spec: {
				providerId: session.providerId,
				mode: session.mode,
				...(session.model ? { model: session.model } : {}),
				...(session.task ? { task: session.task } : {}),
				repo: session.spec.repo,
				local: session.spec.local ? { path: session.spec.local.path } : null,
				worktree: session.spec.worktree,
				command: session.spec.command,
				...(session.spec.scenario ? { scenario: session.spec.scenario } : {}),
				env: session.envEnc ? deps.envSeal.open(session.envEnc) : {},
				cols: session.cols,
				rows: session.rows,
				timeoutMs: session.deadlineAt
					? Math.max(1, session.deadlineAt.getTime() - clock.now().getTime())
					: session.timeoutMinutes * 60_000,
				versions: {},
				features: session.spec.features,
				approvals: { timeoutMs: approvalTimeoutSeconds * 1000, onDeny: session.onDeny }
			}
		});
		const placement = {
			sessionId: session.id,
			orgId: session.orgId,
			runnerId,
			attempt: placed.attempt,
			streamId,
			termBase
		};
		collect.after(() => {
			links.place(placement);
			// The logs are opened before the runner hears of the session, and so before its first byte.
			terminals
				.heads(placement)
				.then(() => links.get(runnerId)?.push())
				.catch((error: unknown) =>
					deps.logger.error({ err: error, sessionId: session.id }, 'terminal logs did not open')
				);
		});
	}

	async function waitFor(tx: Tx, collect: Collector, session: Session, reason: QueueReason) {
		if (session.queueReason === reason) return;
		const now = clock.now();
		await tx
			.update(sessions)
			.set({ queueReason: reason, updatedAt: now })
			.where(eq(sessions.id, session.id));
		collect.add(session.orgId, {
			...about(session),
			type: 'session.phase',
			data: {
				sessionId: session.id,
				phase: session.phase,
				queueReason: reason,
				session: await viewOf(tx, session.id, now)
			},
			actor: 'scheduler'
		});
	}

	async function pass(): Promise<void> {
		const created = await db
			.select({ id: sessions.id })
			.from(sessions)
			.where(eq(sessions.state, 'CREATED'));
		for (const { id } of created)
			await log.transact(async (tx, collect) => {
				const session = await lockSession(tx, id);
				if (session?.state === 'CREATED')
					await transition(tx, collect, session, { type: 'queue' }, { actor: 'scheduler' });
			});
		const waiting = await db
			.select({ id: sessions.id, orgId: sessions.orgId, attempt: sessions.attempt })
			.from(sessions)
			.where(and(eq(sessions.state, 'QUEUED'), eq(sessions.phase, 'waiting')))
			.orderBy(desc(sessions.priority), asc(sessions.queuedAt), asc(sessions.id));
		for (const { id, orgId, attempt } of waiting) {
			const termBase = attempt === 0 ? 0 : await terminals.nextBase(id);
			await log.transact(async (tx, collect) => {
				await tx.execute(
					sql`select pg_advisory_xact_lock(hashtextextended(${`schedule:${orgId}`}, 0))`
				);
				const session = await lockSession(tx, id);
				if (session?.state !== 'QUEUED' || session.phase !== 'waiting') return;
				const now = clock.now();
				const excluded = await tx
					.select({ runnerId: sessionAttempts.runnerId })
					.from(sessionAttempts)
					.where(and(eq(sessionAttempts.sessionId, id), gt(sessionAttempts.excludedUntil, now)));
				const placement = place(
					{
						providerId: session.providerId,
						features: session.spec.features,
						onlyRunnerId: session.spec.local?.runnerId ?? null,
						excluded: new Set(excluded.map((row) => row.runnerId))
					},
					await candidates(tx, orgId)
				);
				if ('runnerId' in placement)
					await assign(tx, collect, session, placement.runnerId, termBase);
				else await waitFor(tx, collect, session, placement.reason);
			});
		}
		await unassignUnanswered();
	}

	/** `session.start` unanswered for 10 s while the runner is gone goes back to the queue; online runners are asked again by the outbox. */
	async function unassignUnanswered(): Promise<void> {
		const late = await db
			.select({ id: sessions.id, attempt: sessions.attempt, runnerId: sessions.runnerId })
			.from(sessions)
			.innerJoin(
				sessionAttempts,
				and(
					eq(sessionAttempts.sessionId, sessions.id),
					eq(sessionAttempts.attempt, sessions.attempt)
				)
			)
			.where(
				and(
					eq(sessions.state, 'QUEUED'),
					inArray(sessions.phase, ['assigned', 'preparing', 'starting']),
					isNull(sessionAttempts.acceptedAt),
					sql`${sessionAttempts.assignedAt} < ${new Date(clock.now().getTime() - 10_000).toISOString()}`
				)
			);
		for (const { id, attempt, runnerId } of late) {
			if (runnerId && links.isOnline(runnerId)) continue;
			await log.transact(async (tx, collect) => {
				const session = await lockSession(tx, id);
				if (
					session?.state === 'QUEUED' &&
					session.attempt === attempt &&
					session.phase !== 'waiting'
				)
					await transition(
						tx,
						collect,
						session,
						{ type: 'unassign' },
						{ actor: 'scheduler', reason: 'The runner did not answer.' }
					);
			});
		}
	}

	function run(): Promise<void> {
		if (closed) return Promise.resolve();
		if (running) {
			again = true;
			return running;
		}
		running = (async () => {
			try {
				do {
					again = false;
					await pass();
				} while (again && !closed);
			} catch (error) {
				if (!closed) deps.logger.error({ err: error }, 'scheduling failed');
			} finally {
				running = null;
				finishedAt = clock.monotonicMs();
			}
		})();
		return running;
	}

	const stop = deps.bus.subscribe((wakeUp) => {
		if (wakeUp.kind === 'schedule') void run();
	});
	const timer = setInterval(() => void run(), EVERY_MS);
	timer.unref();

	return {
		run,
		idleMs: () => clock.monotonicMs() - finishedAt,
		async close() {
			closed = true;
			stop();
			clearInterval(timer);
			await running;
		}
	};
}
