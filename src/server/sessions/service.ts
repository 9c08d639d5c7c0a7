// What people and programs may ask of sessions. Every door calls these; none of them decides by itself.
import { and, asc, eq, gt } from 'drizzle-orm';
import { isTerminal, type SessionState } from '#domain/session.ts';
import type { ProviderId } from '#domain/provider.ts';
import type { FeedEvent, Page, SessionDetail, SessionView } from '#domain/views.ts';
import { audit } from '#server/audit/service.ts';
import { dataWithoutDetails, sessionWithoutDetails } from '#server/approvals/store.ts';
import { demand, may, missing, type Actor } from '#server/auth/actor.ts';
import { events } from '#server/db/schema/events.ts';
import { AppError } from '#server/errors.ts';
import type { Database, Tx } from '#server/db/open.ts';
import type { Clock } from '#server/clock.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import { eventView } from '#server/events/view.ts';
import type { Bus } from '#server/bus/memory.ts';
import { tell } from '#server/runners/store.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Terminals } from '#server/terminals/types.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Limits } from '#server/orgs/limits.ts';
import { newId } from '#server/new-id.ts';
import { createSession, type CreateSession } from './create.ts';
import type { EnvSeal } from './sealed-env.ts';
import {
	countSessions,
	findSession,
	listViews,
	lockSession,
	matching,
	viewOf,
	type Session,
	type SessionFilter
} from './store.ts';
import type { Transition } from './transition.ts';

export interface Sessions {
	create(actor: Actor, input: CreateSession): Promise<SessionView>;
	/** With where its output begins and ends at this moment. */
	get(actor: Actor, sessionId: string): Promise<SessionDetail>;
	list(
		actor: Actor,
		filter: SessionFilter,
		page: { page: number; pageSize: number }
	): Promise<Page<SessionView>>;
	stop(
		actor: Actor,
		sessionId: string,
		options?: { reason?: string | undefined; force?: boolean | undefined }
	): Promise<SessionView>;
	/** Resolves after the runner's confirmation. Throws `RUNNER_OFFLINE`, `RUNNER_TIMEOUT`, `INVALID_STATE`. */
	pause(actor: Actor, sessionId: string): Promise<SessionView>;
	resume(actor: Actor, sessionId: string): Promise<SessionView>;
	/** Starts the same thing again with a fresh session. */
	retry(actor: Actor, sessionId: string): Promise<SessionView>;
	input(actor: Actor, sessionId: string, data: Uint8Array): Promise<{ bytes: number }>;
	/** Puts on record that somebody types with the keyboard of a terminal; once per hold, never what is typed. */
	typing(actor: Actor, session: { sessionId: string; orgId: string }): Promise<void>;
	events(
		actor: Actor,
		sessionId: string,
		afterSeq: number,
		limit: number
	): Promise<{ items: FeedEvent[]; nextSeq: number; hasMore: boolean }>;
	/** The row, when the actor may read it. Throws `SESSION_NOT_FOUND` for absent and foreign alike. */
	demandSession(actor: Actor, sessionId: string): Promise<Session>;
	/** The actor whose pause or resume is under way; null when nobody waits for it any more. */
	askedBy(requestId: string): string | null;
	/** A runner answered a pause or resume. */
	confirmed(requestId: string, answer: { ok: boolean; message?: string | undefined }): void;
	/** Sends a new size to whichever runner has the session; `terminals` decides which size. */
	resize(sessionId: string, attempt: number, cols: number, rows: number): Promise<void>;
}

export interface SessionDeps {
	database: Database;
	clock: Clock;
	log: EventLog;
	bus: Bus;
	links: RunnerLinks;
	terminals: Terminals;
	agents: Agents;
	transition: Transition;
	envSeal: EnvSeal;
	limits: Limits;
	/** How long a runner may take to confirm a pause; 5 s unless a test shortens it. */
	confirmMs?: number;
}

export function createSessions(deps: SessionDeps): Sessions {
	const { log, clock, links, terminals, transition } = deps;
	const { db } = deps.database;
	/** Pauses and resumes under way; each ends by answer or timeout, so at most one per session. */
	const waiting = new Map<
		string,
		{ actor: string; answer: (answer: { ok: boolean; message?: string | undefined }) => void }
	>();

	async function demandSession(actor: Actor, sessionId: string): Promise<Session> {
		const session = await findSession(db, sessionId);
		if (!session) throw missing('SESSION_NOT_FOUND');
		demand(actor, session.orgId, 'session.read', 'SESSION_NOT_FOUND');
		return session;
	}

	async function locked(tx: Tx, actor: Actor, sessionId: string): Promise<Session> {
		const session = await lockSession(tx, sessionId);
		if (!session) throw missing('SESSION_NOT_FOUND');
		demand(actor, session.orgId, 'session.control', 'SESSION_NOT_FOUND');
		return session;
	}

	/** Sends pause or resume and waits for the runner's word; the state changes only on it. */
	async function askRunner(
		actor: Actor,
		sessionId: string,
		what: 'pause' | 'resume'
	): Promise<SessionView> {
		const requestId = newId(clock.now());
		const answer = new Promise<{ ok: boolean; message?: string | undefined }>((resolve, reject) => {
			const timer = setTimeout(() => {
				waiting.delete(requestId);
				reject(
					new AppError(
						'RUNNER_TIMEOUT',
						`The runner did not confirm the ${what} in time. Nothing has changed; try again.`
					)
				);
			}, deps.confirmMs ?? 5_000);
			waiting.set(requestId, {
				actor: actor.id,
				answer: (given) => {
					clearTimeout(timer);
					waiting.delete(requestId);
					resolve(given);
				}
			});
		});
		answer.catch(() => {});
		try {
			await log.transact(async (tx, collect) => {
				const session = await locked(tx, actor, sessionId);
				const right =
					what === 'pause'
						? session.state === 'RUNNING' || session.state === 'WAITING_FOR_APPROVAL'
						: session.state === 'PAUSED_BY_HUMAN';
				if (!right || session.phase === 'stopping')
					await transition(tx, collect, session, { type: what }, { actor: actor.id });
				if (!session.runnerId || !links.isOnline(session.runnerId))
					throw new AppError('RUNNER_OFFLINE', 'The runner of this session is not connected.');
				await tell(links, tx, collect, session.runnerId, {
					t: `session.${what}`,
					sessionId,
					attempt: session.attempt,
					requestId
				});
				await audit(tx, {
					orgId: session.orgId,
					actor,
					action: `session.${what}`,
					target: { kind: 'session', id: sessionId },
					at: clock.now()
				});
			});
		} catch (error) {
			waiting.delete(requestId);
			throw error;
		}
		const given = await answer;
		if (!given.ok)
			throw new AppError('CONFLICT', given.message ?? `The runner could not ${what} the session.`);
		return viewOf(db, sessionId, clock.now());
	}

	/** That a person wrote to a terminal; what they wrote is no business of the audit. */
	const record = (
		actor: Actor,
		action: 'terminal.input' | 'terminal.type',
		session: { id: string; orgId: string },
		detail: Record<string, unknown>
	) =>
		db.transaction((tx) =>
			audit(tx, {
				orgId: session.orgId,
				actor,
				action,
				target: { kind: 'session', id: session.id },
				detail,
				at: clock.now()
			})
		);

	/** What a person may see of a session: for viewers a question has no details. */
	const shown =
		(actor: Actor, orgId: string) =>
		(view: SessionView): SessionView =>
			may(actor, orgId, 'approval.details') ? view : sessionWithoutDetails(view);

	return {
		demandSession,
		create: (actor, input) =>
			log.transact(async (tx, collect) => {
				const view = await createSession(deps, tx, collect, actor, input, clock.now());
				collect.after(() => deps.bus.publish({ kind: 'schedule' }));
				return view;
			}),
		async get(actor, sessionId) {
			const session = await demandSession(actor, sessionId);
			const view = shown(actor, session.orgId)(await viewOf(db, sessionId, clock.now()));
			const { termNext } = session;
			const terminal = view.dataExpired
				? { firstOffset: termNext, nextOffset: termNext }
				: view.attempt === 0
					? { firstOffset: 0, nextOffset: 0 }
					: await terminals.extent(sessionId);
			return { ...view, terminal };
		},
		async list(actor, filter, { page, pageSize }) {
			demand(actor, filter.orgId, 'session.read');
			const where = matching(filter);
			const [items, total] = await Promise.all([
				listViews(db, where, clock.now(), { limit: pageSize, offset: (page - 1) * pageSize }),
				countSessions(db, where)
			]);
			return {
				items: items.map(shown(actor, filter.orgId)),
				total,
				page,
				pageSize,
				hasMore: page * pageSize < total
			};
		},
		stop: (actor, sessionId, options = {}) =>
			log.transact(async (tx, collect) => {
				const session = await locked(tx, actor, sessionId);
				const stopped = await transition(
					tx,
					collect,
					session,
					{ type: 'stop', cause: 'user' },
					{ actor: actor.id, reason: options.reason }
				);
				if (!isTerminal(stopped.state) && stopped.runnerId) {
					await tell(links, tx, collect, stopped.runnerId, {
						t: 'session.stop',
						sessionId,
						attempt: stopped.attempt,
						cause: 'user',
						force: options.force ?? false
					});
				}
				await audit(tx, {
					orgId: session.orgId,
					actor,
					action: 'session.stop',
					target: { kind: 'session', id: sessionId },
					detail: {
						force: options.force ?? false,
						...(options.reason ? { reason: options.reason } : {})
					},
					at: clock.now()
				});
				return viewOf(tx, sessionId, clock.now());
			}),
		pause: (actor, sessionId) => askRunner(actor, sessionId, 'pause'),
		resume: (actor, sessionId) => askRunner(actor, sessionId, 'resume'),
		async retry(actor, sessionId) {
			const old = await demandSession(actor, sessionId);
			demand(actor, old.orgId, 'session.create', 'SESSION_NOT_FOUND');
			if (!isTerminal(old.state))
				throw new AppError('INVALID_STATE', 'The session is still active.', {
					sessionId,
					state: old.state,
					attempted: 'retry',
					allowed: ['stop']
				});
			const { maxTimeoutMinutes } = await deps.limits.of(old.orgId);
			return this.create(actor, {
				orgId: old.orgId,
				providerId: old.providerId satisfies ProviderId,
				agentId: old.agentId,
				houseId: old.houseId ?? undefined,
				task: old.task ?? undefined,
				model: old.model ?? undefined,
				command: old.spec.command ?? undefined,
				scenario: old.spec.scenario ?? undefined,
				worktree: old.spec.worktree,
				// The org may have shortened it meanwhile.
				timeoutMinutes: Math.min(old.timeoutMinutes, maxTimeoutMinutes),
				unattended: old.unattended,
				onDeny: old.onDeny,
				onRunnerLost: old.onRunnerLost,
				features: old.spec.features,
				demo: old.demo
			});
		},
		async input(actor, sessionId, data) {
			const session = await demandSession(actor, sessionId);
			demand(actor, session.orgId, 'terminal.write', 'SESSION_NOT_FOUND');
			await terminals.acceptInput(sessionId, data, { userId: actor.id, name: actor.name });
			await record(actor, 'terminal.input', session, { bytes: data.length });
			return { bytes: data.length };
		},
		typing: (actor, { sessionId: id, orgId }) => record(actor, 'terminal.type', { id, orgId }, {}),
		async events(actor, sessionId, afterSeq, limit) {
			const { orgId } = await demandSession(actor, sessionId);
			const full = may(actor, orgId, 'approval.details');
			const rows = await db
				.select()
				.from(events)
				.where(and(eq(events.stream, `session:${sessionId}`), gt(events.seq, afterSeq)))
				.orderBy(asc(events.seq))
				.limit(limit + 1);
			const items = rows
				.slice(0, limit)
				.map(eventView)
				.map((view) => (full ? view : { ...view, data: dataWithoutDetails(view.data) }));
			return { items, nextSeq: items.at(-1)?.seq ?? afterSeq, hasMore: rows.length > limit };
		},
		confirmed: (requestId, answer) => waiting.get(requestId)?.answer(answer),
		askedBy: (requestId) => waiting.get(requestId)?.actor ?? null,
		resize: (sessionId, attempt, cols, rows) =>
			log.transact(async (tx, collect: Collector) => {
				const session = await lockSession(tx, sessionId);
				if (
					!session?.runnerId ||
					session.attempt !== attempt ||
					isTerminal(session.state as SessionState)
				)
					return;
				await tell(links, tx, collect, session.runnerId, {
					t: 'session.resize',
					sessionId,
					attempt,
					cols,
					rows
				});
			})
	};
}
