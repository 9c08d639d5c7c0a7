import { z } from 'zod';
import { QUESTION_MOST } from '../approval-words.ts';
import { AskAction, AskKind, AskRisk, AskSubject } from './ask.ts';
import { EpochMs, Id } from './fields.ts';

// The wire between `village ask` and the session host: one JSON object per line on a Unix socket.

/** Longest line in bytes. */
export const MAX_ASK_LINE = 512 * 1024;
/** Longest `details` as JSON text, in bytes (control-plane.md 5). */
export const MAX_ASK_DETAILS = 32 * 1024;

/** First line of the process that asks. The token is the session's, from its environment. */
export const AskRequest = z.object({
	t: z.literal('ask'),
	token: z.string().min(16).max(200),
	sessionId: Id,
	/** Asking again under the same id ends the older question and makes its next generation. */
	approvalId: Id,
	kind: AskKind.optional(),
	action: AskAction,
	risk: AskRisk.optional(),
	summary: z.string().min(1).max(500),
	details: z
		.record(z.string(), z.unknown())
		.refine((value) => JSON.stringify(value).length <= MAX_ASK_DETAILS, 'details over 32 KiB')
		.optional(),
	command: z.string().max(QUESTION_MOST.command).optional(),
	cwd: z.string().max(4096).optional(),
	...AskSubject.shape,
	timeoutMs: z.int().min(1000).max(86_400_000)
});
export type AskRequest = z.infer<typeof AskRequest>;

/** Sent by the process that asked once it has read its answer, just before it ends. */
export const AskApplied = z.object({ t: z.literal('applied'), approvalId: Id });
export type AskApplied = z.infer<typeof AskApplied>;

/**
 * Sent instead when the agent's own dialog was answered first: the question is settled, and nothing is sent to the
 * agent. `indeterminate` when it was answered, but nobody can say how.
 */
export const AskAnswered = z.object({
	t: z.literal('answered'),
	approvalId: Id,
	effect: z.enum(['allowed', 'denied', 'indeterminate'])
});
export type AskAnswered = z.infer<typeof AskAnswered>;

export const AskUp = z.discriminatedUnion('t', [AskRequest, AskApplied, AskAnswered]);
export type AskUp = z.infer<typeof AskUp>;

/** Lines of the host. Only a `decision` with `allow` ever allows anything. */
export const AskDown = z.discriminatedUnion('t', [
	z.object({ t: z.literal('pending'), approvalId: Id, expiresAt: EpochMs }),
	z.object({
		t: z.literal('decision'),
		approvalId: Id,
		decision: z.enum(['allow', 'deny']),
		/** Which of the offered options was chosen. */
		optionId: z.string().optional(),
		/** Answer to a question, as the agent's tool wants it. */
		answer: z.json().optional(),
		message: z.string().optional()
	}),
	z.object({
		t: z.literal('ended'),
		approvalId: Id,
		reason: z.enum(['expired', 'cancelled', 'session_ended', 'superseded'])
	}),
	z.object({
		t: z.literal('error'),
		code: z.enum(['BAD_REQUEST', 'NOT_ALLOWED', 'TOO_MANY']),
		message: z.string()
	})
]);
export type AskDown = z.infer<typeof AskDown>;
