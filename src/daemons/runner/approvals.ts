// Questions and answers between the two wires: what the session host asks, and what the server decided.
import { MAX_ASK_DIFF, type Ask } from '#protocol/host/ask.ts';
import type { HostCancel } from '#protocol/host/cancel.ts';
import type { HostDecision } from '#protocol/host/decision.ts';
import { isCleanText } from '#protocol/envelope.ts';
import type { ApprovalDecision } from '#protocol/runner/approval-decision.ts';
import type { ApprovalRequest } from '#protocol/runner/approval-request.ts';

/** Text a program gave, fit for the wire: what a database cannot hold is replaced, what is too long is cut. */
export function wireText(value: string, max: number): string {
	const clean = isCleanText(value) ? value : value.toWellFormed().replaceAll('\u0000', '\ufffd');
	const cut = clean.slice(0, max);
	return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** The server's form of a question. */
export function toRequest(ask: Ask): Omit<ApprovalRequest, 'seq'> {
	return {
		t: 'approval.request',
		approvalId: ask.approvalId,
		generation: ask.generation,
		sessionId: ask.sessionId,
		attempt: ask.attempt,
		kind: ask.kind,
		action: ask.action,
		risk: ask.risk,
		summary: wireText(ask.summary, 500) || 'No summary',
		...(ask.details ? { details: ask.details as ApprovalRequest['details'] } : {}),
		...(ask.command === undefined ? {} : { command: wireText(ask.command, 8000) }),
		...(ask.cwd === undefined ? {} : { cwd: wireText(ask.cwd, 1000) }),
		...(ask.tool === undefined ? {} : { tool: wireText(ask.tool, 200) }),
		...(ask.diff === undefined ? {} : { diff: wireText(ask.diff, MAX_ASK_DIFF) }),
		...(ask.paths ? { paths: ask.paths.map((path) => wireText(path, 1000)) } : {}),
		...(ask.options
			? {
					options: ask.options.map(({ id, label }) => ({
						id: wireText(id, 100),
						label: wireText(label, 200)
					}))
				}
			: {}),
		// The asker gives up at its own time; the server may be asked late, after a restart.
		timeoutMs: Math.max(1000, ask.timeoutMs)
	};
}

/**
 * The host's form of a decision. An answer that nobody gave (expired, cancelled) is not a denial: the process that asked
 * is told so, and is not allowed either.
 */
export function toHostDecision(frame: Omit<ApprovalDecision, 'seq'>): HostDecision | HostCancel {
	const about = {
		sessionId: frame.sessionId,
		attempt: frame.attempt,
		approvalId: frame.approvalId,
		generation: frame.generation
	};
	const { decision, by } = frame;
	if (decision === 'expire' || (decision === 'deny' && by === 'expiry'))
		return { t: 'approval.cancel', ...about, reason: 'expired' };
	if (decision === 'cancel' || (decision === 'deny' && by === 'system'))
		return { t: 'approval.cancel', ...about, reason: 'cancelled' };
	return {
		t: 'approval.decision',
		...about,
		decision: decision === 'allow' ? 'allow' : 'deny',
		...(frame.optionId === undefined ? {} : { optionId: frame.optionId }),
		...(frame.answer === undefined ? {} : { answer: frame.answer }),
		...(frame.message === undefined ? {} : { message: frame.message })
	};
}
