// What the door tells of a runner's connection, and what follows for its sessions (control-plane.md 6.2, 6.4).
import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { RunnerLoad } from '#domain/runner.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { Hello } from '#protocol/runner/hello.ts';
import type { RunnerUpdate } from '#protocol/runner/runner-update.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Bus } from '#server/bus/memory.ts';
import type { Clock } from '#server/clock.ts';
import { runners } from '#server/db/schema/runners.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import type { Database, Tx } from '#server/db/open.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import type { Limits } from '#server/orgs/limits.ts';
import { listViews, lockSession } from '#server/sessions/store.ts';
import { about, type Transition } from '#server/sessions/transition.ts';
import { emitRunner, sessionsOn, viewOfRunner } from './store.ts';

export interface Connectivity {
	connected(runnerId: string, hello: Hello): Promise<void>;
	/** The connection ended and no other took its place within the grace. */
	disconnected(runnerId: string): Promise<void>;
	heartbeat(runnerId: string, load: RunnerLoad, skewMs: number | null): Promise<void>;
	update(tx: Tx, collect: Collector, runnerId: string, update: RunnerUpdate): Promise<void>;
	/** After a restart: nobody is connected, and the clock of grace begins anew. */
	startUp(): Promise<void>;
	/** Sessions whose runner stayed away too long follow their policy. `now` is the clock's unless a test says otherwise. */
	sweepLost(now?: Date): Promise<void>;
	/** Notes that a session's runner is away or back. */
	setConnectivity(
		tx: Tx,
		collect: Collector,
		sessionId: string,
		connectivity: 'ok' | 'lost'
	): Promise<void>;
}

const RESCHEDULE_AFTER_MS = 60_000;
/** How long runners have to come back after the server has started before their sessions count as lost. */
const RETURN_MS = 30_000;

export function createConnectivity(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	bus: Bus;
	agents: Agents;
	transition: Transition;
	limits: Limits;
}): Connectivity {
	const { clock, log, transition } = deps;
	const { db } = deps.database;
	const emit = emitRunner;
	let startedAt = clock.now();

	/** Runners that were connected when the server went and did not return: nobody else would ever miss them. */
	async function missAbsent(now: Date): Promise<void> {
		if (now.getTime() - startedAt.getTime() < RETURN_MS) return;
		const absent = await db
			.selectDistinct({ id: runners.id, orgId: runners.orgId })
			.from(runners)
			.innerJoin(sessions, eq(sessions.runnerId, runners.id))
			.where(
				and(
					eq(runners.connected, false),
					isNull(runners.deletedAt),
					eq(sessions.connectivity, 'ok'),
					inArray(sessions.state, [...ACTIVE_STATES])
				)
			);
		for (const { id, orgId } of absent)
			await log.transact(async (tx, collect) => {
				const [runner] = await tx.select().from(runners).where(eq(runners.id, id)).for('update');
				if (!runner || runner.connected) return;
				await loseSessions(tx, collect, id);
				await emit(tx, collect, id, 'runner.offline');
				await deps.agents.refreshOrg(tx, collect, orgId);
			});
	}

	/** Sessions of a runner that is away: marked, and those not yet started go back to the queue. */
	async function loseSessions(tx: Tx, collect: Collector, runnerId: string): Promise<void> {
		for (const id of await sessionsOn(tx, runnerId)) {
			const session = await lockSession(tx, id);
			if (!session || session.runnerId !== runnerId) continue;
			if (session.state === 'QUEUED') {
				await transition(
					tx,
					collect,
					session,
					{ type: 'unassign' },
					{ actor: 'system', reason: 'The runner went away.' }
				);
				continue;
			}
			if (session.onRunnerLost === 'fail') {
				await transition(
					tx,
					collect,
					session,
					{ type: 'fail', failureClass: 'runner_lost' },
					{ actor: 'system' }
				);
				continue;
			}
			await setConnectivity(tx, collect, id, 'lost');
		}
	}

	async function setConnectivity(
		tx: Tx,
		collect: Collector,
		sessionId: string,
		connectivity: 'ok' | 'lost'
	) {
		const now = clock.now();
		const [row] = await tx
			.update(sessions)
			.set({ connectivity, lostAt: connectivity === 'lost' ? now : null, updatedAt: now })
			.where(and(eq(sessions.id, sessionId), inArray(sessions.state, [...ACTIVE_STATES])))
			.returning();
		if (!row) return;
		const [view] = await listViews(tx, eq(sessions.id, sessionId), now);
		collect.add(row.orgId, {
			...about(row),
			type: 'session.connectivity',
			data: { sessionId, connectivity, session: view },
			actor: 'system'
		});
		await deps.agents.refresh(tx, collect, row.agentId, true);
	}

	return {
		setConnectivity,
		connected: (runnerId, hello) =>
			log.transact(async (tx, collect) => {
				const now = clock.now();
				await tx
					.update(runners)
					.set({
						hostname: hello.hostname,
						os: hello.os,
						arch: hello.arch,
						runnerVersion: hello.runnerVersion,
						features: hello.features,
						providers: hello.providers,
						allowLocal: hello.allowLocal,
						runtimeVersions: hello.runtimeVersions,
						connected: true,
						connectedAt: now,
						lastSeenAt: now,
						updatedAt: now
					})
					.where(eq(runners.id, runnerId));
				const runner = await viewOfRunner(tx, runnerId);
				await emit(tx, collect, runnerId, 'runner.online');
				await deps.agents.refreshOrg(tx, collect, runner.orgId);
				collect.after(() => deps.bus.publish({ kind: 'schedule' }));
			}),
		disconnected: (runnerId) =>
			log.transact(async (tx, collect) => {
				const [row] = await tx
					.update(runners)
					.set({ connected: false, updatedAt: clock.now() })
					.where(and(eq(runners.id, runnerId), eq(runners.connected, true)))
					.returning();
				if (!row) return;
				await loseSessions(tx, collect, runnerId);
				await emit(tx, collect, runnerId, 'runner.offline');
				await deps.agents.refreshOrg(tx, collect, row.orgId);
			}),
		async heartbeat(runnerId, load, skewMs) {
			await db
				.update(runners)
				.set({
					load,
					lastSeenAt: clock.now(),
					clockSkewMs: skewMs === null ? null : clampSkew(skewMs)
				})
				.where(eq(runners.id, runnerId));
		},
		async update(tx, collect, runnerId, update) {
			await tx
				.update(runners)
				.set({
					...(update.providers ? { providers: update.providers } : {}),
					...(update.features ? { features: update.features } : {}),
					...(update.runtimeVersions ? { runtimeVersions: update.runtimeVersions } : {}),
					...(update.allowLocal ? { allowLocal: update.allowLocal } : {}),
					...(update.capacity ? { capacity: update.capacity } : {}),
					updatedAt: clock.now()
				})
				.where(eq(runners.id, runnerId));
			await emit(tx, collect, runnerId, 'runner.changed');
			collect.after(() => deps.bus.publish({ kind: 'schedule' }));
		},
		async startUp() {
			startedAt = clock.now();
			await db.update(runners).set({ connected: false });
			await db
				.update(sessions)
				.set({ lostAt: clock.now() })
				.where(and(eq(sessions.connectivity, 'lost'), inArray(sessions.state, [...ACTIVE_STATES])));
		},
		async sweepLost(now = clock.now()) {
			await missAbsent(now);
			const lost = await db
				.select({ id: sessions.id })
				.from(sessions)
				.where(and(eq(sessions.connectivity, 'lost'), inArray(sessions.state, [...ACTIVE_STATES])))
				.limit(200);
			for (const { id } of lost)
				await log.transact(async (tx, collect) => {
					const session = await lockSession(tx, id);
					if (!session || session.connectivity !== 'lost' || !session.lostAt) return;
					const away = clock.now().getTime() - session.lostAt.getTime();
					if (
						session.onRunnerLost === 'reschedule' &&
						away >= RESCHEDULE_AFTER_MS &&
						session.attempt < 2
					)
						await transition(
							tx,
							collect,
							session,
							{ type: 'requeue' },
							{ actor: 'sweeper', reason: 'The runner was lost.' }
						);
					else if (away >= (await deps.limits.of(session.orgId, tx)).lostGraceSeconds * 1000)
						await transition(
							tx,
							collect,
							session,
							{ type: 'fail', failureClass: 'runner_lost' },
							{ actor: 'sweeper' }
						);
				});
		}
	};
}

const clampSkew = (ms: number) => Math.max(-2_000_000_000, Math.min(2_000_000_000, Math.round(ms)));
