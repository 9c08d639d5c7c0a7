// Server → client: what happened in a session, numbered without a hole. What has no frame of its own is a `skip`.
import { z } from 'zod';
import { APPROVAL_ACTIONS, RISKS } from '../approval-words.ts';
import { Id, Time } from '../envelope.ts';
import { Usage } from '../rest/usage.ts';
import { SESSION_STATES, TERMINAL_STATES } from '../session-words.ts';
import { FrameSeq } from './fields.ts';

const frame = <N extends string, D extends z.ZodRawShape>(action: N, rest: D) =>
	z.object({
		type: z.literal('session'),
		sessionId: Id,
		action: z.literal(action),
		...rest,
		seq: FrameSeq,
		timestamp: Time
	});

export const Skip = frame('skip', {});
export const StateChange = frame('state_change', {
	data: z.object({
		state: z.enum(SESSION_STATES),
		previousState: z.enum(SESSION_STATES),
		newState: z.enum(SESSION_STATES),
		reason: z.string().optional()
	})
});
/** What the agent did, as a line of text; `kind` says what it was. Terminal bytes come as `terminal/output`. */
export const Output = frame('output', {
	data: z.object({
		output: z.string(),
		stream: z.enum(['stdout', 'stderr']),
		kind: z.string()
	})
});
export const ApprovalRequested = frame('approval_request', {
	data: z.object({
		requestId: Id,
		approvalId: Id,
		action: z.enum(APPROVAL_ACTIONS),
		risk: z.enum(RISKS),
		summary: z.string(),
		/** null for viewers. */
		details: z.record(z.string(), z.unknown()).nullable(),
		expiresAt: Time
	})
});
export const ApprovalResolved = frame('approval_resolved', {
	data: z.object({
		requestId: Id,
		approvalId: Id,
		decision: z.enum(['allow', 'deny']).nullable(),
		status: z.string(),
		resolvedBy: z
			.object({
				kind: z.string(),
				id: z.string().nullable(),
				name: z.string().nullable(),
				via: z.string().nullable()
			})
			.nullable()
	})
});
/** Totals so far. */
export const UsageTold = frame('usage', { data: Usage });
/** Sent once, the last of its session; all its output came before. */
export const Completed = frame('completed', {
	data: z.object({
		finalState: z.enum(TERMINAL_STATES),
		exitCode: z.number().int().nullable(),
		reason: z.string().nullable(),
		durationMs: z.number().min(0),
		usage: Usage
	})
});

export const SessionMessage = z.discriminatedUnion('action', [
	Skip,
	StateChange,
	Output,
	ApprovalRequested,
	ApprovalResolved,
	UsageTold,
	Completed
]);
export type SessionMessage = z.infer<typeof SessionMessage>;
