// Runners: enrolment, what people do with them, and what the door tells of their connection (control-plane.md 6).
import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { RunnerMode } from '#domain/runner.ts';
import { CLOSE } from '#protocol/close-codes.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { RunnerView, SessionView } from '#domain/views.ts';
import { audit } from '#server/audit/service.ts';
import { sessionWithoutDetails } from '#server/approvals/store.ts';
import { demand, may, missing, type Actor } from '#server/auth/actor.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Bus } from '#server/bus/memory.ts';
import type { Clock } from '#server/clock.ts';
import { runners } from '#server/db/schema/runners.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import type { Database, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import type { Limits } from '#server/orgs/limits.ts';
import { lockSession, listViews } from '#server/sessions/store.ts';
import { type Transition } from '#server/sessions/transition.ts';
import type { HouseChecks } from '#server/villages/checks.ts';
import type { RunnerLinks } from './links.ts';
import { createConnectivity, type Connectivity } from './connectivity.ts';
import { createEnrolment, type Enrolment } from './enrolment.ts';
import {
	tell,
	findRunner,
	listRunners,
	sessionsOn,
	viewOfRunner,
	type Runner,
	emitRunner
} from './store.ts';

export interface Runners extends Enrolment, Connectivity {
	list(actor: Actor, orgId: string): Promise<RunnerView[]>;
	get(actor: Actor, runnerId: string): Promise<RunnerView & { sessions: SessionView[] }>;
	drain(actor: Actor, runnerId: string, deadlineMinutes?: number): Promise<RunnerView>;
	activate(actor: Actor, runnerId: string): Promise<RunnerView>;
	setCapacity(actor: Actor, runnerId: string, capacity: number): Promise<RunnerView>;
	rename(actor: Actor, runnerId: string, label: string | null): Promise<RunnerView>;
	deregister(actor: Actor, runnerId: string, force: boolean): Promise<{ ok: true }>;
	/** Marks the runner that `village up` starts on this machine. Throws `RUNNER_NOT_FOUND`. */
	markLocal(runnerId: string): Promise<void>;
	emit(
		tx: Tx,
		collect: Collector,
		runnerId: string,
		type: string,
		data?: Record<string, unknown>
	): Promise<void>;
}

export function createRunners(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	bus: Bus;
	links: RunnerLinks;
	agents: Agents;
	transition: Transition;
	limits: Limits;
	houseChecks: HouseChecks;
	/** The address runners dial, for the command shown to people. */
	publicUrl: () => string;
}): Runners {
	const { clock, log, links, transition } = deps;
	const { db } = deps.database;

	const emit = emitRunner;
	const enrolment = createEnrolment(deps);
	const connectivity = createConnectivity(deps);

	async function change(
		actor: Actor,
		runnerId: string,
		right: 'runner.drain' | 'runner.manage',
		work: (tx: Tx, collect: Collector, runner: Runner) => Promise<void>
	): Promise<RunnerView> {
		return log.transact(async (tx, collect) => {
			const [runner] = await tx
				.select()
				.from(runners)
				.where(and(eq(runners.id, runnerId), isNull(runners.deletedAt)))
				.for('update');
			if (!runner) throw missing('RUNNER_NOT_FOUND');
			demand(actor, runner.orgId, 'runner.read', 'RUNNER_NOT_FOUND');
			demand(actor, runner.orgId, right, 'RUNNER_NOT_FOUND');
			await work(tx, collect, runner);
			collect.after(() => {
				links.get(runnerId)?.push();
				deps.bus.publish({ kind: 'schedule' });
			});
			return viewOfRunner(tx, runnerId);
		});
	}

	async function setMode(
		tx: Tx,
		collect: Collector,
		actor: Actor,
		runner: Runner,
		mode: RunnerMode,
		type: string,
		deadline: Date | null
	) {
		if (runner.mode === mode) return;
		await tx
			.update(runners)
			.set({ mode, drainDeadline: deadline, updatedAt: clock.now() })
			.where(eq(runners.id, runner.id));
		await tell(
			links,
			tx,
			collect,
			runner.id,
			mode === 'active'
				? { t: 'runner.activate' }
				: { t: 'runner.drain', ...(deadline ? { deadlineAt: deadline.toISOString() } : {}) }
		);
		await emit(tx, collect, runner.id, type);
		await record(tx, actor, runner, type);
	}

	const record = (
		tx: Tx,
		actor: Actor,
		runner: Runner,
		action: string,
		detail: Record<string, unknown> = {}
	) =>
		audit(tx, {
			orgId: runner.orgId,
			actor,
			action,
			target: { kind: 'runner', id: runner.id },
			detail,
			at: clock.now()
		});

	return {
		...enrolment,
		...connectivity,
		emit,
		markLocal: (runnerId) =>
			log.transact(async (tx, collect) => {
				const [row] = await tx
					.update(runners)
					.set({ local: true })
					.where(and(eq(runners.id, runnerId), isNull(runners.deletedAt)))
					.returning();
				if (!row) throw missing('RUNNER_NOT_FOUND');
				await emit(tx, collect, runnerId, 'runner.changed');
			}),
		async list(actor, orgId) {
			demand(actor, orgId, 'runner.read');
			return listRunners(db, orgId);
		},
		async get(actor, runnerId) {
			const runner = await findRunner(db, runnerId);
			if (!runner) throw missing('RUNNER_NOT_FOUND');
			demand(actor, runner.orgId, 'runner.read', 'RUNNER_NOT_FOUND');
			const view = await viewOfRunner(db, runnerId);
			const on = await listViews(
				db,
				and(eq(sessions.runnerId, runnerId), inArray(sessions.state, [...ACTIVE_STATES])),
				clock.now()
			);
			const full = may(actor, runner.orgId, 'approval.details');
			return { ...view, sessions: full ? on : on.map(sessionWithoutDetails) };
		},
		drain: (actor, runnerId, deadlineMinutes) =>
			change(actor, runnerId, 'runner.drain', (tx, collect, runner) =>
				setMode(
					tx,
					collect,
					actor,
					runner,
					'draining',
					'runner.draining',
					deadlineMinutes ? new Date(clock.now().getTime() + deadlineMinutes * 60_000) : null
				)
			),
		activate: (actor, runnerId) =>
			change(actor, runnerId, 'runner.drain', (tx, collect, runner) =>
				setMode(tx, collect, actor, runner, 'active', 'runner.activated', null)
			),
		setCapacity: (actor, runnerId, capacity) =>
			change(actor, runnerId, 'runner.manage', async (tx, collect, runner) => {
				await record(tx, actor, runner, 'runner.capacity', { from: runner.capacity, to: capacity });
				await tx
					.update(runners)
					.set({ capacity, updatedAt: clock.now() })
					.where(eq(runners.id, runnerId));
				await emit(tx, collect, runnerId, 'runner.changed');
			}),
		rename: (actor, runnerId, label) =>
			change(actor, runnerId, 'runner.manage', async (tx, collect, runner) => {
				await record(tx, actor, runner, 'runner.rename', { from: runner.label, to: label });
				await tx
					.update(runners)
					.set({ label, updatedAt: clock.now() })
					.where(eq(runners.id, runnerId));
				await emit(tx, collect, runnerId, 'runner.changed');
			}),
		async deregister(actor, runnerId, force) {
			await change(actor, runnerId, 'runner.manage', async (tx, collect, runner) => {
				const active = await sessionsOn(tx, runnerId);
				if (active.length > 0 && !force)
					throw new AppError(
						'RUNNER_HAS_ACTIVE_SESSIONS',
						`${active.length} sessions still run there. Drain the runner first, or remove it by force.`,
						{ sessionIds: active }
					);
				for (const id of active) {
					const session = await lockSession(tx, id);
					if (session)
						await transition(
							tx,
							collect,
							session,
							session.state === 'QUEUED'
								? { type: 'unassign' }
								: session.onRunnerLost === 'reschedule'
									? { type: 'requeue' }
									: { type: 'fail', failureClass: 'runner_lost' },
							{ actor: actor.id }
						);
				}
				await tx
					.update(runners)
					.set({
						deletedAt: clock.now(),
						connected: false,
						prevCredentialHash: null,
						updatedAt: clock.now()
					})
					.where(eq(runners.id, runnerId));
				await deps.houseChecks.runnerLeft(tx, collect, runnerId);
				await emit(tx, collect, runnerId, 'runner.deregistered');
				await record(tx, actor, runner, 'runner.deregister', { force });
				collect.after(() => links.get(runnerId)?.close(CLOSE.deregistered, 'deregistered'));
			});
			return { ok: true };
		}
	};
}
