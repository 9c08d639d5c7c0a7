// Ending a question: compare-and-set on the row, the word to whoever waits, the event, and the session it blocked.
import { and, eq, gt } from 'drizzle-orm';
import type { ApprovalStatus } from '#domain/approval.ts';
import type { ApprovalView } from '#domain/views.ts';
import type { Agents } from '#server/agents/service.ts';
import type { Clock } from '#server/clock.ts';
import { approvals } from '#server/db/schema/sessions.ts';
import type { Tx } from '#server/db/open.ts';
import type { Collector } from '#server/events/log.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import { tell } from '#server/runners/store.ts';
import { countPending, type Session } from '#server/sessions/store.ts';
import { about, type Transition } from '#server/sessions/transition.ts';
import { viewOfApproval, type Approval } from './store.ts';

export function createSettle(deps: {
	clock: Clock;
	links: RunnerLinks;
	agents: Agents;
	transition: Transition;
}) {
	const { clock, links, transition } = deps;

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

	return settle;
}

export type Settle = ReturnType<typeof createSettle>;
