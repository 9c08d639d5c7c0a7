// Runners: enrolment, what people do with them, and what the door tells of their connection (control-plane.md 6).
import { and, count, eq, inArray, isNull } from 'drizzle-orm';
import { limitsOf } from '#domain/limits.ts';
import type { RunnerLoad, RunnerMode } from '#domain/runner.ts';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { RunnerView, SessionView } from '#domain/views.ts';
import type { Hello } from '#protocol/runner/hello.ts';
import type { RunnerUpdate } from '#protocol/runner/runner-update.ts';
import { audit } from '#server/audit/service.ts';
import { demand, missing, systemActor, type Actor } from '#server/auth/actor.ts';
import { hashSecret, newSecret, sameHash, SECRET_PATTERN } from '#server/auth/secrets.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Bus } from '#server/bus/memory.ts';
import type { Clock } from '#server/clock.ts';
import { orgs } from '#server/db/schema/accounts.ts';
import { runnerJoinTokens, runners } from '#server/db/schema/runners.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import type { Database, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import { newId } from '#server/new-id.ts';
import { lockSession, listViews } from '#server/sessions/store.ts';
import { about, type Transition } from '#server/sessions/transition.ts';
import type { RunnerLinks } from './links.ts';
import { tell, findRunner, listRunners, sessionsOn, viewOfRunner, type Runner } from './store.ts';

export interface JoinFacts {
	hostname: string;
	os: string;
	arch: string;
	runnerVersion: string;
	capacity?: number | undefined;
	features?: string[] | undefined;
	metadata?: Record<string, string> | undefined;
}

export interface Runners {
	list(actor: Actor, orgId: string): Promise<RunnerView[]>;
	get(actor: Actor, runnerId: string): Promise<RunnerView & { sessions: SessionView[] }>;
	createJoinToken(
		actor: Actor,
		input: {
			orgId: string;
			ttlMinutes?: number | undefined;
			label?: string | undefined;
		}
	): Promise<{ joinToken: string; expiresAt: string; command: string }>;
	/** Uses a join code up. Throws `JOIN_TOKEN_INVALID` (one message for all reasons), `RUNNER_LIMIT_EXCEEDED` (the code stays good). */
	join(
		code: string,
		facts: JoinFacts,
		options: { ip: string | null }
	): Promise<{ runnerId: string; credential: string }>;
	drain(actor: Actor, runnerId: string, deadlineMinutes?: number): Promise<RunnerView>;
	activate(actor: Actor, runnerId: string): Promise<RunnerView>;
	setCapacity(actor: Actor, runnerId: string, capacity: number): Promise<RunnerView>;
	rename(actor: Actor, runnerId: string, label: string | null): Promise<RunnerView>;
	deregister(actor: Actor, runnerId: string, force: boolean): Promise<{ ok: true }>;
	/** The runner behind a credential; `gone` when it was deregistered. */
	authenticate(authorization: string | undefined): Promise<Runner | 'gone' | null>;
	connected(runnerId: string, hello: Hello): Promise<void>;
	/** The connection ended and no other took its place within the grace. */
	disconnected(runnerId: string): Promise<void>;
	heartbeat(runnerId: string, load: RunnerLoad, skewMs: number | null): Promise<void>;
	update(tx: Tx, collect: Collector, runnerId: string, update: RunnerUpdate): Promise<void>;
	/** After a restart: nobody is connected, and the clock of grace begins anew. */
	startUp(): Promise<void>;
	/** Sessions whose runner stayed away too long follow their policy. */
	sweepLost(): Promise<void>;
	/** Marks the runner that `village up` starts on this machine. Throws `RUNNER_NOT_FOUND`. */
	markLocal(runnerId: string): Promise<void>;
	/** Notes that a session's runner is away or back. */
	setConnectivity(
		tx: Tx,
		collect: Collector,
		sessionId: string,
		connectivity: 'ok' | 'lost'
	): Promise<void>;
	emit(
		tx: Tx,
		collect: Collector,
		runnerId: string,
		type: string,
		data?: Record<string, unknown>
	): Promise<void>;
}

const DEFAULT_TTL_MINUTES = 15;
const DEFAULT_CAPACITY = 5;
const RESCHEDULE_AFTER_MS = 60_000;

const credential = (id: string, secret: string) => `avr_${id}_${secret}`;

export function createRunners(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	bus: Bus;
	links: RunnerLinks;
	agents: Agents;
	transition: Transition;
	/** The address runners dial, for the command shown to people. */
	publicUrl: () => string;
}): Runners {
	const { clock, log, links, transition } = deps;
	const { db } = deps.database;

	async function emit(
		tx: Tx,
		collect: Collector,
		runnerId: string,
		type: string,
		data: Record<string, unknown> = {}
	) {
		const view = await viewOfRunner(tx, runnerId);
		collect.add(view.orgId, {
			stream: `org:${view.orgId}`,
			type,
			data: { runnerId, ...data, runner: view },
			actor: `runner:${runnerId}`
		});
	}

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
		await audit(tx, {
			orgId: runner.orgId,
			actor,
			action: type.replace('runner.', 'runner.'),
			target: { kind: 'runner', id: runner.id },
			at: clock.now()
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
		emit,
		setConnectivity,
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
			return { ...view, sessions: on };
		},
		createJoinToken: (actor, input) =>
			log.transact(async (tx) => {
				demand(actor, input.orgId, 'runner.manage');
				await demandRoom(tx, input.orgId);
				const now = clock.now();
				const id = newId(now);
				const secret = newSecret();
				const expiresAt = new Date(
					now.getTime() + (input.ttlMinutes ?? DEFAULT_TTL_MINUTES) * 60_000
				);
				await tx.insert(runnerJoinTokens).values({
					id,
					orgId: input.orgId,
					secretHash: hashSecret(secret),
					label: input.label ?? null,
					expiresAt,
					createdBy: actor.id
				});
				await audit(tx, {
					orgId: input.orgId,
					actor,
					action: 'runner.join_code',
					target: { kind: 'join_token', id },
					at: now
				});
				const joinToken = `avj_${id}_${secret}`;
				return {
					joinToken,
					expiresAt: expiresAt.toISOString(),
					command: `npx agent-village runner join ${deps.publicUrl()} ${joinToken}`
				};
			}),
		join: (code, facts, { ip }) =>
			log.transact(async (tx, collect) => {
				const refused = new AppError(
					'JOIN_TOKEN_INVALID',
					'This join code is not valid: unknown, expired or already used. Ask for a new one.'
				);
				const match = /^avj_([0-9a-f-]{36})_(.+)$/.exec(code);
				if (!match || !SECRET_PATTERN.test(match[2]!)) throw refused;
				const now = clock.now();
				const [token] = await tx
					.select()
					.from(runnerJoinTokens)
					.where(eq(runnerJoinTokens.id, match[1]!))
					.for('update');
				if (
					!token ||
					!sameHash(token.secretHash, hashSecret(match[2]!)) ||
					token.usedAt ||
					token.expiresAt <= now
				)
					throw refused;
				await demandRoom(tx, token.orgId);
				const id = newId(now);
				const secret = newSecret();
				await tx.insert(runners).values({
					id,
					orgId: token.orgId,
					hostname: facts.hostname,
					label: token.label,
					os: facts.os,
					arch: facts.arch,
					runnerVersion: facts.runnerVersion,
					credentialHash: hashSecret(secret),
					capacity: facts.capacity ?? DEFAULT_CAPACITY,
					features: facts.features ?? [],
					metadata: facts.metadata ?? {}
				});
				await tx
					.update(runnerJoinTokens)
					.set({ usedAt: now, usedByRunner: id })
					.where(eq(runnerJoinTokens.id, token.id));
				await emit(tx, collect, id, 'runner.registered');
				await audit(tx, {
					orgId: token.orgId,
					actor: { ...systemActor(`join:${token.id}`), ip, transport: 'rest' },
					action: 'runner.join',
					target: { kind: 'runner', id },
					detail: { hostname: facts.hostname },
					at: now
				});
				return { runnerId: id, credential: credential(id, secret) };
			}),
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
			change(actor, runnerId, 'runner.manage', async (tx, collect) => {
				await tx
					.update(runners)
					.set({ capacity, updatedAt: clock.now() })
					.where(eq(runners.id, runnerId));
				await emit(tx, collect, runnerId, 'runner.changed');
			}),
		rename: (actor, runnerId, label) =>
			change(actor, runnerId, 'runner.manage', async (tx, collect) => {
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
				await emit(tx, collect, runnerId, 'runner.deregistered');
				await audit(tx, {
					orgId: runner.orgId,
					actor,
					action: 'runner.deregister',
					target: { kind: 'runner', id: runnerId },
					detail: { force },
					at: clock.now()
				});
				collect.after(() => links.get(runnerId)?.close(4403, 'deregistered'));
			});
			return { ok: true };
		},
		async authenticate(authorization) {
			const match = /^Bearer avr_([0-9a-f-]{36})_(.+)$/.exec(authorization ?? '');
			if (!match || !SECRET_PATTERN.test(match[2]!)) return null;
			const [runner] = await db.select().from(runners).where(eq(runners.id, match[1]!));
			const hash = hashSecret(match[2]!);
			if (!runner) return null;
			const current = sameHash(runner.credentialHash, hash);
			const former =
				runner.prevCredentialHash !== null &&
				runner.prevValidUntil !== null &&
				runner.prevValidUntil > clock.now() &&
				sameHash(runner.prevCredentialHash, hash);
			if (!current && !former) return null;
			return runner.deletedAt ? 'gone' : runner;
		},
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
				.set({ load, lastSeenAt: clock.now(), clockSkewMs: skewMs })
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
			await db.update(runners).set({ connected: false });
			await db
				.update(sessions)
				.set({ lostAt: clock.now() })
				.where(and(eq(sessions.connectivity, 'lost'), inArray(sessions.state, [...ACTIVE_STATES])));
		},
		async sweepLost() {
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
					else if (away >= limitsOf({}).lostGraceSeconds * 1000)
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

	async function demandRoom(tx: Tx, orgId: string): Promise<void> {
		const [org] = await tx.select().from(orgs).where(eq(orgs.id, orgId)).for('update');
		if (!org) throw missing('ORG_NOT_FOUND');
		const limit = limitsOf(org.limits).maxRunnersPerOrg;
		const [row] = await tx
			.select({ n: count() })
			.from(runners)
			.where(and(eq(runners.orgId, orgId), isNull(runners.deletedAt)));
		if ((row?.n ?? 0) >= limit)
			throw new AppError(
				'RUNNER_LIMIT_EXCEEDED',
				`An organization has at most ${limit} runners. Remove one first.`,
				{ limit }
			);
	}
}
