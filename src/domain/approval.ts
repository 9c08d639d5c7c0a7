// Approvals: a question somebody in a session is blocked on (control-plane.md 5). Pure rules.

import type { ApprovalAction, ApprovalKind, Risk } from '#protocol/approval-words.ts';

export const APPROVAL_STATUSES = [
	'pending',
	'allowed',
	'denied',
	'expired',
	'cancelled',
	'answered_at_terminal'
] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

export const APPROVAL_EFFECTS = ['allowed', 'denied', 'too_late', 'indeterminate'] as const;
export type ApprovalEffect = (typeof APPROVAL_EFFECTS)[number];

export type Decision = 'allow' | 'deny';

const RISK_OF_ACTION: Record<ApprovalAction, Risk> = {
	merge: 'high',
	deps_add: 'medium',
	secrets: 'high',
	deploy: 'high',
	shell: 'medium',
	network: 'medium',
	file_write: 'low',
	tool: 'low',
	custom: 'medium'
};

/** The risk shown when whoever asks names none. */
export function defaultRisk(action: ApprovalAction): Risk {
	return RISK_OF_ACTION[action];
}

/**
 * Why an answer is none, in words, or null. A question is answered by one of its choices; a bare yes to it would tell the
 * agent nothing.
 */
export function answerProblem(
	approval: { kind: ApprovalKind; options: readonly { id: string }[] | null },
	decision: Decision,
	optionId: string | undefined
): string | null {
	if (optionId !== undefined)
		return approval.options?.some((option) => option.id === optionId)
			? null
			: 'This option was not offered.';
	if (approval.kind !== 'question' || decision !== 'allow') return null;
	return approval.options?.length
		? 'Choose one of the answers.'
		: 'This question can only be answered in its terminal.';
}

/** What a pending approval may become, and what a late or repeated answer is told. */
export type ResolveOutcome =
	| { ok: true }
	| {
			ok: false;
			code: 'APPROVAL_ALREADY_RESOLVED' | 'APPROVAL_EXPIRED' | 'APPROVAL_STALE';
	  };

/**
 * Whether an answer still counts. The database makes the same check in its compare-and-set; this names the refusal.
 * @param generation the one the answer names; undefined answers the current one
 */
export function mayResolve(
	approval: { status: ApprovalStatus; generation: number; expiresAtMs: number },
	generation: number | undefined,
	nowMs: number
): ResolveOutcome {
	if (approval.status === 'expired') return { ok: false, code: 'APPROVAL_EXPIRED' };
	if (approval.status !== 'pending') return { ok: false, code: 'APPROVAL_ALREADY_RESOLVED' };
	if (generation !== undefined && generation !== approval.generation)
		return { ok: false, code: 'APPROVAL_STALE' };
	if (nowMs >= approval.expiresAtMs) return { ok: false, code: 'APPROVAL_EXPIRED' };
	return { ok: true };
}
