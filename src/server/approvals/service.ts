// Approvals: durable row first, first answer wins by compare-and-set, nothing is ever allowed by a fault (control-plane.md 5).
import { and, count, eq, inArray, lte, sql } from 'drizzle-orm';
import { answerProblem, mayResolve, type ApprovalStatus, type Decision } from '#domain/approval.ts';
import type { ApprovalView, Page } from '#domain/views.ts';
import { proposeRule, type RuleMatch } from '#domain/approval-rules.ts';
import { audit } from '#server/audit/service.ts';
import { demand, may, missing, systemActor, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import { approvals } from '#server/db/schema/sessions.ts';
import type { Database, Db, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import type { Limits } from '#server/orgs/limits.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Agents } from '#server/agents/service.ts';
import { placeOf } from './policies.ts';
import { createRequests, UNATTENDED, type Requests } from './requests.ts';
import { askedOf, createRules, type Rules } from './rules.ts';
import { createSettle } from './settle.ts';
import { createStopDenied } from './stop-denied.ts';
import { lockSession, type Session } from '#server/sessions/store.ts';
import { type Transition } from '#server/sessions/transition.ts';
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
	/** Answers what is like it from now on, too. */
	always?: { scope: 'session' | 'agent' | 'house'; match: RuleMatch } | undefined;
}

export interface Approvals extends Requests {
	readonly rules: Rules;
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
	/** Denies what waits in a session that nobody attends from now on. */
	denyWaiting(tx: Tx, collect: Collector, session: Session): Promise<void>;
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
	limits: Limits;
}): Approvals {
	const { log, clock } = deps;
	const db: Db = deps.database.db;

	const settle = createSettle(deps);
	const stopDenied = createStopDenied(deps);
	const rules = createRules(deps);
	const { requested, applied, withdrawn } = createRequests({ ...deps, settle, stopDenied });

	async function lockBoth(tx: Tx, actor: Actor, input: { sessionId: string; approvalId: string }) {
		const approval = await findApproval(tx, input.approvalId);
		if (!approval || approval.sessionId !== input.sessionId) throw missing('APPROVAL_NOT_FOUND');
		demand(actor, approval.orgId, 'approval.read', 'APPROVAL_NOT_FOUND');
		demand(actor, approval.orgId, 'approval.resolve', 'APPROVAL_NOT_FOUND');
		const session = await lockSession(tx, approval.sessionId);
		if (!session) throw missing('APPROVAL_NOT_FOUND');
		return { session, approval: (await findApproval(tx, input.approvalId))! };
	}

	/** Makes the rule of "always". Throws `VALIDATION_ERROR` when nothing would tell the question from others. */
	async function remember(
		tx: Tx,
		collect: Collector,
		actor: Actor,
		session: Session,
		approval: Approval,
		{ decision, always }: ResolveInput
	): Promise<void> {
		const { scope, match } = always!;
		const terms = proposeRule(askedOf(approval), match, decision);
		const scopeId = placeOf(session)[scope];
		if (!terms || scopeId === null) {
			const message = terms
				? 'This session is in no house.'
				: 'No rule could tell this from other questions. Answer it once, or choose a wider rule.';
			throw new AppError('VALIDATION_ERROR', message, { issues: [{ path: 'always', message }] });
		}
		await rules.createIn(tx, collect, actor, {
			...terms,
			orgId: approval.orgId,
			scope,
			scopeId
		});
	}

	return {
		rules,
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
				const problem = answerProblem(approval, input.decision, input.optionId);
				if (problem)
					throw new AppError('VALIDATION_ERROR', problem, {
						issues: [{ path: 'optionId', message: problem }]
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
				if (input.always) await remember(tx, collect, actor, session, approval, input);
				if (input.decision === 'deny' && session.onDeny === 'stop')
					await stopDenied(tx, collect, session, actor);
				return view;
			}),
		async denyWaiting(tx, collect, session) {
			const waiting = await tx
				.select()
				.from(approvals)
				.where(and(eq(approvals.sessionId, session.id), eq(approvals.status, 'pending')));
			for (const approval of waiting) {
				const fresh = (await lockSession(tx, session.id)) ?? session;
				await settle(tx, collect, fresh, approval, {
					status: 'denied',
					kind: 'policy',
					via: 'unattended',
					reason: UNATTENDED,
					tell: 'deny'
				});
				await audit(tx, {
					orgId: approval.orgId,
					actor: systemActor('policy'),
					action: 'approval.deny',
					target: { kind: 'approval', id: approval.id },
					detail: { sessionId: session.id, by: 'unattended' },
					at: clock.now()
				});
			}
		},
		requested,
		applied,
		withdrawn,
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
