// What processes in sessions ask, and what runners say became of an answer.
import { eq } from 'drizzle-orm';
import type { ApprovalApplied } from '#protocol/runner/approval-applied.ts';
import type { ApprovalRequest } from '#protocol/runner/approval-request.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Verdict } from '#domain/approval-rules.ts';
import { redactQuestion } from '#domain/redact.ts';
import type { ApprovalView } from '#domain/views.ts';
import { audit, type AuditEntry } from '#server/audit/service.ts';
import { systemActor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import { approvals } from '#server/db/schema/sessions.ts';
import type { Tx } from '#server/db/open.ts';
import type { Collector } from '#server/events/log.ts';
import type { Limits } from '#server/orgs/limits.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import { tell } from '#server/runners/store.ts';
import { countPending, lockSession, type Session } from '#server/sessions/store.ts';
import { about, type Transition } from '#server/sessions/transition.ts';
import { answerByPolicy } from './policies.ts';
import type { Settle } from './settle.ts';
import type { StopDenied } from './stop-denied.ts';
import { findApproval, viewOfApproval, type Approval } from './store.ts';

export interface Requests {
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
}

/** Why an unattended session is told no. */
export const UNATTENDED = 'Nobody attends this session, and no rule allows this.';

/** Nobody asks the same thing this often; a larger number would not fit its column. */
const MAX_GENERATION = 1_000_000;

export function createRequests(deps: {
	clock: Clock;
	links: RunnerLinks;
	agents: Agents;
	transition: Transition;
	limits: Limits;
	settle: Settle;
	stopDenied: StopDenied;
}): Requests {
	const { clock, links, settle, transition } = deps;

	/** Both events and both records, as if a person had answered; the runner is told, the session goes on. */
	async function answered(
		tx: Tx,
		collect: Collector,
		session: Session,
		approval: ApprovalView,
		verdict: Verdict,
		entry: Omit<AuditEntry, 'actor' | 'action'>
	): Promise<void> {
		collect.add(session.orgId, {
			...about(session),
			type: 'approval.resolved',
			data: { approvalId: approval.id, decision: verdict.decision, approval },
			actor: 'system'
		});
		await audit(tx, {
			...entry,
			actor: systemActor('policy'),
			action: `approval.${verdict.decision}`,
			detail: { ...(entry.detail as object), by: verdict.by, id: verdict.id }
		});
		const row = await findApproval(tx, approval.id);
		if (row && session.runnerId) await tell(links, tx, collect, session.runnerId, decisionOf(row));
		if (verdict.decision === 'deny' && session.onDeny === 'stop')
			await deps.stopDenied(tx, collect, session, systemActor('policy'));
	}

	return {
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
			if (request.generation > MAX_GENERATION) return cancel('Asked again too often.');
			const limits = await deps.limits.of(session.orgId, tx);
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
			const verdict = await answerByPolicy(tx, session, { ...values }, now);
			// The machine is asked before the row counts as pending; what nobody waits for moves no session.
			if (!verdict)
				await transition(
					tx,
					collect,
					session,
					{ type: 'request_approval' },
					{ actor: session.agentId }
				);
			const open = {
				...withoutSecrets(values),
				resolvedAt: null,
				resolvedKind: null,
				resolvedBy: null,
				resolvedByName: null,
				resolvedVia: null,
				reason: null,
				effect: null,
				ruleId: null,
				bypassId: null
			};
			const row = verdict ? { ...open, ...answerOf(verdict, now) } : open;
			if (known) await tx.update(approvals).set(row).where(eq(approvals.id, known.id));
			else
				await tx.insert(approvals).values({
					...row,
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
			const entry = {
				orgId: session.orgId,
				target: { kind: 'approval', id: request.approvalId },
				detail: { sessionId: session.id, action: request.action, risk: request.risk },
				at: now
			};
			await audit(tx, {
				...entry,
				actor: systemActor(session.agentId),
				action: 'approval.request'
			});
			if (verdict) return answered(tx, collect, session, approval, verdict, entry);
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
			// The host's clock may end a question before our sweep does: that is an expiry all the same.
			const how =
				reason === 'expired'
					? ({ status: 'expired', kind: 'expiry' } as const)
					: ({ status: 'cancelled', kind: 'system', reason } as const);
			await settle(tx, collect, session, approval, how);
		}
	};
}

/** How a row is written that nobody was asked about. */
/** A question as it is kept and shown. Rules have seen the words as they were asked. */
function withoutSecrets<
	Q extends {
		summary: string;
		command: string | null;
		diff: string | null;
		details: unknown;
	}
>(question: Q): Q {
	const { summary, command, diff, details } = question;
	return {
		...question,
		summary: redactQuestion(summary),
		command: command && redactQuestion(command),
		diff: diff && redactQuestion(diff),
		details: JSON.parse(redactQuestion(JSON.stringify(details))) as unknown
	};
}

function answerOf(verdict: Verdict, now: Date) {
	return {
		status: verdict.decision === 'allow' ? ('allowed' as const) : ('denied' as const),
		resolvedAt: now,
		resolvedKind: 'policy' as const,
		resolvedVia: verdict.by,
		reason: verdict.by === 'unattended' ? UNATTENDED : null,
		ruleId: verdict.by === 'rule' ? verdict.id : null,
		bypassId: verdict.by === 'bypass' ? verdict.id : null
	};
}

/** The decision of a settled approval, to be told again. */
function decisionOf(approval: Approval) {
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
