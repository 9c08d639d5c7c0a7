import { z } from 'zod';
import { APPROVAL_ACTIONS, APPROVAL_KINDS, QUESTION_MOST, RISKS } from '../approval-words.ts';
import { Attempt, EpochMs, Id } from './fields.ts';

export const AskAction = z.enum(APPROVAL_ACTIONS);
export const AskRisk = z.enum(RISKS);
export const AskKind = z.enum(APPROVAL_KINDS);

/** What became of a decision; `indeterminate`: sent, but the process did not confirm it. */
export const AskEffect = z.enum(['allowed', 'denied', 'too_late', 'indeterminate']);
export type AskEffect = z.infer<typeof AskEffect>;

export const WithdrawReason = z.enum(['process_gone', 'expired', 'session_ended']);
export type WithdrawReason = z.infer<typeof WithdrawReason>;

/** Longest `diff` in characters. */
export const MAX_ASK_DIFF = 100_000;

/** What a question is about; everything but the summary may be missing. */
export const AskSubject = z.object({
	/** Name of the agent's own tool. */
	tool: z.string().max(200).optional(),
	/** Unified diff of what would be written. */
	diff: z.string().max(MAX_ASK_DIFF).optional(),
	/** Files it touches, as the agent names them. */
	paths: z.array(z.string().max(QUESTION_MOST.path)).max(QUESTION_MOST.paths).optional(),
	/** Answers the agent itself offers; nothing else may be sent to it. */
	options: z
		.array(z.object({ id: z.string().min(1).max(100), label: z.string().min(1).max(200) }))
		.max(20)
		.optional()
});

/** A question a process in a session is blocked on (control-plane.md 5). */
export const Ask = z.object({
	approvalId: Id,
	generation: z.int().min(1),
	sessionId: Id,
	attempt: Attempt,
	kind: AskKind,
	action: AskAction,
	risk: AskRisk,
	summary: z.string().min(1).max(500),
	/** Any JSON object, at most 32 KiB as text. */
	details: z.record(z.string(), z.unknown()).optional(),
	command: z.string().max(QUESTION_MOST.command).optional(),
	cwd: z.string().max(4096).optional(),
	...AskSubject.shape,
	requestedAt: EpochMs,
	/** The host ends the question itself at this time; never by allowing it. */
	expiresAt: EpochMs,
	timeoutMs: z.int().min(1)
});
export type Ask = z.infer<typeof Ask>;

/** A question that has ended, kept so that a runner that was away can report it. */
export const AskOutcome = z.object({
	approvalId: Id,
	generation: z.int().min(1),
	effect: AskEffect.optional(),
	/** The answer was given in the agent's own dialog. */
	by: z.literal('terminal').optional(),
	withdrawn: WithdrawReason.optional()
});
export type AskOutcome = z.infer<typeof AskOutcome>;
