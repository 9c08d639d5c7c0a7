// Typed events inside sessions, one vocabulary for all providers (control-plane.md 7).
import { z } from 'zod';
import { Seq, text, Time } from '../envelope.ts';
import { jsonProblem } from '../json.ts';

export const WORK_KINDS = [
	'session_start',
	'session_end',
	'thinking',
	'message',
	'plan',
	'file_read',
	'file_edit',
	'file_create',
	'file_delete',
	'command',
	'tool_use',
	'search',
	'test_run',
	'diff',
	'output',
	'error',
	'completed',
	'status_change'
] as const;
export type WorkKind = (typeof WORK_KINDS)[number];

/** Most bytes of `data` as JSON. */
export const MAX_WORK_DATA = 16_384;

/** What an agent says it did, before the runner has numbered and dated it. Paths are relative to the worktree. */
export const WorkReport = z.object({
	kind: z.enum(WORK_KINDS),
	text: text(4000).optional(),
	path: text(1000).optional(),
	paths: z.array(text(1000)).max(100).optional(),
	command: text(4000).optional(),
	tool: text(200).optional(),
	exitCode: z.number().int().optional(),
	durationMs: z.number().min(0).optional(),
	severity: z.enum(['low', 'medium', 'high']).optional(),
	data: z
		.json()
		.refine(
			(value) => jsonProblem(value) === null && JSON.stringify(value).length <= MAX_WORK_DATA,
			'data is too big, or no database takes it'
		)
		.optional()
});
export type WorkReport = z.infer<typeof WorkReport>;

/** `n` is contiguous from 1 per attempt; `(sessionId, attempt, n)` is the idempotency key. */
export const WorkEvent = WorkReport.extend({ n: Seq, at: Time });
export type WorkEvent = z.infer<typeof WorkEvent>;
