// Approvals: durable row first, first answer wins by compare-and-set, nothing is ever allowed by a fault (control-plane.md 5).
import { and, count, eq, gt, inArray, lte, sql } from 'drizzle-orm';
import { mayResolve, type ApprovalStatus, type Decision } from '#domain/approval.ts';
import type { ApprovalView, Page } from '#domain/views.ts';
import type { ApprovalApplied } from '#protocol/runner/approval-applied.ts';
import type { ApprovalRequest } from '#protocol/runner/approval-request.ts';
import { limitsOf } from '#domain/limits.ts';
import { isTerminal } from '#domain/session.ts';
import { audit } from '#server/audit/service.ts';
import { demand, may, missing, systemActor, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import { approvals } from '#server/db/schema/sessions.ts';
import type { Database, Db, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import { tell } from '#server/runners/store.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Agents } from '#server/agents/service.ts';
import { countPending, lockSession, type Session } from '#server/sessions/store.ts';
import { about, type Transition } from '#server/sessions/transition.ts';
import {
	approvalColumns,
	approvalView,
	findApproval,
	viewOfApproval,
	withoutDetails,
	type Approval
} from './store.ts';

export interface ResolveInput {
	sessionId: string;
	approvalId: string;
	generation?: number | undefined;
	decision: Decision;
	optionId?: string | undefined;
	reason?: string | undefined;
}

export interface Approvals {
	list(
		actor: Actor,
		filter: {
			orgId: string;
			sessionId?: string | undefined;
			status?: ApprovalStatus[] | undefined;
		},
		page: { page: number; pageSize: number }
	): Promise<Page<ApprovalView>>;
	get(actor: Actor, approvalId: string): Promise<ApprovalView>;
	/** Throws `APPROVAL_NOT_FOUND`, `APPROVAL_ALREADY_RESOLVED` (details: the winner), `APPROVAL_EXPIRED`, `APPROVAL_STALE`. */
	resolve(actor: Actor, input: ResolveInput): Promise<ApprovalView>;
	/** A process in a session asks and is blocked. Repeating the same request changes nothing. */
	requested(tx: Tx, collect: Collector, session: Session, request: ApprovalRequest): Promise<void>;
	/** The runner tells what became of a decision. */
	applied(tx: Tx, collect: Collector, runnerId: string, answer: ApprovalApplied): Promise<void>;
	/** Whoever asked is gone. */
	withdrawn(
		tx: Tx,
		collect: Collector,
		runnerId: string,
		approvalId: string,
		reason: string
	): Promise<void>;
	/** Ends those whose time is over; expiry is a state of its own and allows nothing. */
	expire(): Promise<number>;
	/** Approvals pending now, for `/metrics`. */
	pending(): Promise<number>;
}

export function createApprovals(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	links: RunnerLinks;
	agents: Agents;
	transition: Transition;
}): Approvals {
	const { log, clock, links, transition } = deps;
	const db: Db = deps.database.db;

	/** Writes the final status if it is still pending; null when somebody else was first. */
	async function settle(
		tx: Tx,
		collect: Collector,
		session: Session,
		approval: Approval,
		to: {
			status: ApprovalStatus;
			kind: 'user' | 'terminal' | 'policy' | 'expiry' | 'system';
			by?: string | undefined;
			byName?: string | undefined;
			via?: string | undefined;
			reason?: string | undefined;
			/** What the process that waits is told; none when it needs no word. */
			tell?: 'allow' | 'deny' | 'expire' | 'cancel' | undefined;
			optionId?: string | undefined;
			notAfter?: Date | undefined;
		}
	): Promise<ApprovalView | null> {
		const now = clock.now();
		// Before the row changes, because the machine counts what is pending.
		const wasPending = await countPending(tx, session.id);
		const [row] = await tx
			.update(approvals)
			.set({
				status: to.status,
				resolvedAt: now,
				resolvedKind: to.kind,
				resolvedBy: to.by ?? null,
				resolvedByName: to.byName ?? null,
				resolvedVia: to.via ?? null,
				reason: to.reason ?? null
			})
			.where(
				and(
					eq(approvals.id, approval.id),
					eq(approvals.generation, approval.generation),
					eq(approvals.status, 'pending'),
					to.notAfter ? gt(approvals.expiresAt, to.notAfter) : undefined
				)
			)
			.returning({ id: approvals.id });
		if (!row) return null;
		if (to.tell && session.runnerId) {
			await tell(links, tx, collect, session.runnerId, {
				t: 'approval.decision',
				approvalId: approval.id,
				generation: approval.generation,
				sessionId: session.id,
				attempt: approval.attempt,
				decision: to.tell,
				...(to.optionId ? { optionId: to.optionId } : {}),
				...(to.reason ? { message: to.reason } : {}),
				by: to.kind === 'terminal' ? 'user' : to.kind
			});
		}
		const view = await viewOfApproval(tx, approval.id);
		collect.add(session.orgId, {
			...about(session),
			type: 'approval.resolved',
			data: {
				approvalId: approval.id,
				decision: to.status === 'allowed' ? 'allow' : to.status === 'denied' ? 'deny' : null,
				approval: view
			},
			actor: to.by ?? 'system'
		});
		if (wasPending === 1 && session.state === 'WAITING_FOR_APPROVAL')
			await transitionAfterSettle(tx, collect, session, to.by ?? 'system');
		else await deps.agents.refresh(tx, collect, session.agentId, true);
		return view;
	}

	/** The machine sees the world before the answer: one pending. The row is settled in the same transaction. */
	async function transitionAfterSettle(
		tx: Tx,
		collect: Collector,
		session: Session,
		actor: string
	) {
		await transition(tx, collect, session, { type: 'settle_approval' }, { actor, pending: 1 });
	}

	async function lockBoth(tx: Tx, actor: Actor, input: { sessionId: string; approvalId: string }) {
		const approval = await findApproval(tx, input.approvalId);
		if (!approval || approval.sessionId !== input.sessionId) throw missing('APPROVAL_NOT_FOUND');
		demand(actor, approval.orgId, 'approval.read', 'APPROVAL_NOT_FOUND');
		demand(actor, approval.orgId, 'approval.resolve', 'APPROVAL_NOT_FOUND');
		const session = await lockSession(tx, approval.sessionId);
		if (!session) throw missing('APPROVAL_NOT_FOUND');
		return { session, approval: (await findApproval(tx, input.approvalId))! };
	}

	return {
		async list(actor, filter, { page, pageSize }) {
			demand(actor, filter.orgId, 'approval.read');
			const where = and(
				eq(approvals.orgId, filter.orgId),
				filter.sessionId ? eq(approvals.sessionId, filter.sessionId) : undefined,
				filter.status?.length ? inArray(approvals.status, filter.status) : undefined
			);
			const pendingOnly = filter.status?.length === 1 && filter.status[0] === 'pending';
			const rows = await approvalColumns(db, where, pendingOnly ? 'oldest' : 'newest')
				.limit(pageSize)
				.offset((page - 1) * pageSize);
			const [total] = await db.select({ n: count() }).from(approvals).where(where);
			const full = may(actor, filter.orgId, 'approval.details');
			const items = rows.map(approvalView).map((view) => (full ? view : withoutDetails(view)));
			return {
				items,
				total: total?.n ?? 0,
				page,
				pageSize,
				hasMore: page * pageSize < (total?.n ?? 0)
			};
		},
		async get(actor, approvalId) {
			const approval = await findApproval(db, approvalId);
			if (!approval) throw missing('APPROVAL_NOT_FOUND');
			demand(actor, approval.orgId, 'approval.read', 'APPROVAL_NOT_FOUND');
			demand(actor, approval.orgId, 'approval.details', 'APPROVAL_NOT_FOUND');
			return viewOfApproval(db, approvalId);
		},
		resolve: (actor, input) =>
			log.transact(async (tx, collect) => {
				// The product itself answers only by expiry and policy, and neither comes through this door.
				if (actor.kind === 'system')
					throw new AppError('FORBIDDEN', 'Only people answer approvals.');
				const { session, approval } = await lockBoth(tx, actor, input);
				const now = clock.now();
				const refusal = mayResolve(
					{ ...approval, expiresAtMs: approval.expiresAt.getTime() },
					input.generation,
					now.getTime()
				);
				const refuse = async (
					code: 'APPROVAL_ALREADY_RESOLVED' | 'APPROVAL_EXPIRED' | 'APPROVAL_STALE'
				) => {
					const winner = await viewOfApproval(tx, approval.id);
					return new AppError(
						code,
						code === 'APPROVAL_ALREADY_RESOLVED'
							? `${winner.resolvedBy?.name ?? 'Somebody'} already answered: ${winner.status}.`
							: code === 'APPROVAL_EXPIRED'
								? 'The time for an answer is over.'
								: 'The question was asked again in other words. Look at it once more.',
						{
							approvalId: approval.id,
							status: winner.status,
							generation: winner.generation,
							resolvedBy: winner.resolvedBy,
							resolvedAt: winner.resolvedAt
						}
					);
				};
				if (!refusal.ok) throw await refuse(refusal.code);
				if (input.optionId && !approval.options?.some((option) => option.id === input.optionId))
					throw new AppError('VALIDATION_ERROR', 'This option was not offered.', {
						issues: [{ path: 'optionId', message: 'Not one of the options offered.' }]
					});
				const view = await settle(tx, collect, session, approval, {
					status: input.decision === 'allow' ? 'allowed' : 'denied',
					kind: 'user',
					by: actor.id,
					byName: actor.name,
					via: actor.transport,
					reason: input.reason,
					tell: input.decision,
					optionId: input.optionId,
					notAfter: now
				});
				if (!view) throw await refuse('APPROVAL_ALREADY_RESOLVED');
				await audit(tx, {
					orgId: approval.orgId,
					actor,
					action: `approval.${input.decision}`,
					target: { kind: 'approval', id: approval.id },
					detail: { sessionId: session.id, action: approval.action, risk: approval.risk },
					at: now
				});
				if (input.decision === 'deny' && session.onDeny === 'stop') {
					const fresh = await lockSession(tx, session.id);
					if (fresh && !isTerminal(fresh.state)) {
						const stopping = await transition(
							tx,
							collect,
							fresh,
							{ type: 'stop', cause: 'policy' },
							{ actor: actor.id, reason: 'An approval was denied.' }
						);
						if (stopping.runnerId)
							await tell(links, tx, collect, stopping.runnerId, {
								t: 'session.stop',
								sessionId: session.id,
								attempt: stopping.attempt,
								cause: 'policy',
								force: false
							});
					}
				}
				return view;
			}),
		async requested(tx, collect, session, request) {
			const now = clock.now();
			const known = await findApproval(tx, request.approvalId);
			if (known && (known.sessionId !== session.id || known.generation >= request.generation)) {
				// Asked again after a restart in between: whoever waits there gets the answer that was given.
				if (known.sessionId === session.id && known.status !== 'pending' && session.runnerId)
					await tell(links, tx, collect, session.runnerId, decisionOf(known));
				return;
			}
			const cancel = (reason: string) =>
				session.runnerId
					? tell(links, tx, collect, session.runnerId, {
							t: 'approval.decision',
							approvalId: request.approvalId,
							generation: request.generation,
							sessionId: session.id,
							attempt: request.attempt,
							decision: 'cancel',
							message: reason,
							by: 'system'
						})
					: Promise.resolve();
			const live =
				session.state === 'RUNNING' ||
				session.state === 'WAITING_FOR_APPROVAL' ||
				session.state === 'PAUSED_BY_HUMAN';
			if (!live) return cancel('The session is not running.');
			const limits = limitsOf({});
			if ((await countPending(tx, session.id)) >= limits.approvalsPendingPerSession)
				return cancel('Too many questions of this session wait already.');
			const timeoutMs = Math.min(
				request.timeoutMs ?? Infinity,
				limits.approvalTimeoutSeconds * 1000
			);
			const values = {
				action: request.action,
				kind: request.kind,
				risk: request.risk,
				summary: request.summary,
				details: request.details ?? null,
				tool: request.tool ?? null,
				command: request.command ?? null,
				cwd: request.cwd ?? null,
				diff: request.diff ?? null,
				paths: request.paths ?? null,
				options: request.options ?? null,
				generation: request.generation,
				status: 'pending' as const,
				requestedAt: now,
				expiresAt: new Date(now.getTime() + timeoutMs)
			};
			// The machine is asked before the row counts as pending.
			await transition(
				tx,
				collect,
				session,
				{ type: 'request_approval' },
				{ actor: session.agentId }
			);
			if (known)
				await tx
					.update(approvals)
					.set({
						...values,
						resolvedAt: null,
						resolvedKind: null,
						resolvedBy: null,
						resolvedByName: null,
						resolvedVia: null,
						reason: null,
						effect: null
					})
					.where(eq(approvals.id, known.id));
			else
				await tx.insert(approvals).values({
					...values,
					id: request.approvalId,
					orgId: session.orgId,
					sessionId: session.id,
					agentId: session.agentId,
					attempt: session.attempt,
					demo: session.demo
				});
			const approval = await viewOfApproval(tx, request.approvalId);
			collect.add(session.orgId, {
				...about(session),
				type: 'approval.requested',
				data: { approvalId: request.approvalId, approval },
				actor: session.agentId
			});
			await audit(tx, {
				orgId: session.orgId,
				actor: systemActor(session.agentId),
				action: 'approval.request',
				target: { kind: 'approval', id: request.approvalId },
				detail: { sessionId: session.id, action: request.action, risk: request.risk },
				at: now
			});
			await deps.agents.refresh(tx, collect, session.agentId, true);
		},
		async applied(tx, collect, runnerId, answer) {
			const approval = await findApproval(tx, answer.approvalId);
			if (!approval || approval.generation !== answer.generation || approval.effect) return;
			const session = await lockSession(tx, approval.sessionId);
			if (!session || session.runnerId !== runnerId) return;
			if (answer.by === 'terminal' && approval.status === 'pending') {
				await settle(tx, collect, session, approval, {
					status: 'answered_at_terminal',
					kind: 'terminal',
					via: 'terminal'
				});
			}
			await tx
				.update(approvals)
				.set({ effect: answer.effect })
				.where(eq(approvals.id, approval.id));
		},
		async withdrawn(tx, collect, runnerId, approvalId, reason) {
			const approval = await findApproval(tx, approvalId);
			if (!approval || approval.status !== 'pending') return;
			const session = await lockSession(tx, approval.sessionId);
			if (!session || session.runnerId !== runnerId) return;
			await settle(tx, collect, session, approval, { status: 'cancelled', kind: 'system', reason });
		},
		async expire() {
			const now = clock.now();
			const due = await db
				.select({ id: approvals.id, sessionId: approvals.sessionId })
				.from(approvals)
				.where(and(eq(approvals.status, 'pending'), lte(approvals.expiresAt, now)))
				.limit(200);
			for (const { id, sessionId } of due)
				await log.transact(async (tx, collect) => {
					const session = await lockSession(tx, sessionId);
					const approval = await findApproval(tx, id);
					if (!session || approval?.status !== 'pending') return;
					await settle(tx, collect, session, approval, {
						status: 'expired',
						kind: 'expiry',
						tell: 'expire'
					});
					await audit(tx, {
						orgId: approval.orgId,
						actor: systemActor('sweeper'),
						action: 'approval.expire',
						target: { kind: 'approval', id },
						at: now
					});
				});
			return due.length;
		},
		async pending() {
			const [row] = await db
				.select({ n: sql<number>`count(*)::int` })
				.from(approvals)
				.where(eq(approvals.status, 'pending'));
			return row?.n ?? 0;
		}
	};
}

/** The decision of a settled approval, to be told again. */
export function decisionOf(approval: Approval) {
	const decision =
		approval.status === 'allowed'
			? ('allow' as const)
			: approval.status === 'denied'
				? ('deny' as const)
				: approval.status === 'expired'
					? ('expire' as const)
					: ('cancel' as const);
	return {
		t: 'approval.decision' as const,
		approvalId: approval.id,
		generation: approval.generation,
		sessionId: approval.sessionId,
		attempt: approval.attempt,
		decision,
		...(approval.reason ? { message: approval.reason } : {}),
		by:
			approval.resolvedKind === 'user' ||
			approval.resolvedKind === 'policy' ||
			approval.resolvedKind === 'expiry'
				? approval.resolvedKind
				: ('system' as const)
	};
}
