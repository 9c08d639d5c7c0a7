// Somebody in a session asks and is blocked until there is an answer (control-plane.md 5).
import { z } from 'zod';
import { APPROVAL_ACTIONS, APPROVAL_KINDS, QUESTION_MOST, RISKS } from '../approval-words.ts';
import { Id, Seq, text } from '../envelope.ts';
import { jsonProblem } from '../json.ts';
import { sessionRef } from './streams.ts';

export const ApprovalAction = z.enum(APPROVAL_ACTIONS);
export const ApprovalKind = z.enum(APPROVAL_KINDS);

/** Most bytes of `details` as JSON. */
export const MAX_DETAILS = 32_768;

export const ApprovalRequest = z.object({
	t: z.literal('approval.request'),
	seq: Seq,
	approvalId: Id,
	/** Grows when the same question is asked again; an older answer no longer counts. */
	generation: z.number().int().min(1),
	...sessionRef,
	action: ApprovalAction,
	kind: ApprovalKind.default('action'),
	risk: z.enum(RISKS),
	summary: text(500).min(1),
	details: z
		.json()
		.refine(
			(value) => jsonProblem(value) === null && JSON.stringify(value).length <= MAX_DETAILS,
			'details are too big, or no database takes them'
		)
		.optional(),
	tool: text(200).optional(),
	command: text(QUESTION_MOST.command).optional(),
	cwd: text(1000).optional(),
	diff: text(200_000).optional(),
	paths: z.array(text(QUESTION_MOST.path)).max(QUESTION_MOST.paths).optional(),
	options: z
		.array(z.object({ id: text(100), label: text(200) }))
		.max(20)
		.optional(),
	/** How long the asker waits, if less than the session's own limit. */
	timeoutMs: z.number().int().min(1000).optional()
});
export type ApprovalRequest = z.infer<typeof ApprovalRequest>;
