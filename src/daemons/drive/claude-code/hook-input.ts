// What Claude Code tells its hooks, as far as the driver reads it. Unknown keys and unknown events are let through.
import { z } from 'zod';

const base = {
	session_id: z.string().optional(),
	cwd: z.string().optional(),
	prompt_id: z.string().optional()
};
const tool = {
	...base,
	tool_name: z.string(),
	tool_input: z.record(z.string(), z.unknown()).default({})
};

/** A permission the program itself proposes to remember; passed back as it came. */
export const Suggestion = z.looseObject({ type: z.string() });
export type Suggestion = z.infer<typeof Suggestion>;

export const HookInput = z.discriminatedUnion('hook_event_name', [
	z.object({
		hook_event_name: z.literal('UserPromptSubmit'),
		...base,
		prompt: z.string().default('')
	}),
	z.object({
		hook_event_name: z.literal('PreToolUse'),
		...tool,
		tool_use_id: z.string().optional()
	}),
	z.object({
		hook_event_name: z.literal('PermissionRequest'),
		...tool,
		permission_suggestions: z.array(Suggestion).catch([]).default([])
	}),
	z.object({
		hook_event_name: z.literal('PostToolUse'),
		...tool,
		tool_use_id: z.string().optional(),
		tool_response: z.unknown().optional(),
		duration_ms: z.number().optional()
	}),
	z.object({
		hook_event_name: z.literal('PostToolUseFailure'),
		...tool,
		tool_use_id: z.string().optional(),
		error: z.string().optional(),
		duration_ms: z.number().optional()
	}),
	z.object({ hook_event_name: z.literal('PermissionDenied'), ...tool }),
	z.object({
		hook_event_name: z.literal('Notification'),
		...base,
		notification_type: z.string().optional(),
		message: z.string().default('')
	}),
	z.object({
		hook_event_name: z.literal('Stop'),
		...base,
		last_assistant_message: z.string().nullish()
	}),
	z.object({ hook_event_name: z.literal('StopFailure'), ...base, error: z.unknown().optional() }),
	z.object({ hook_event_name: z.literal('SubagentStop'), ...base }),
	z.object({ hook_event_name: z.literal('SessionEnd'), ...base, reason: z.string().optional() })
]);
export type HookInput = z.infer<typeof HookInput>;
export type PermissionInput = Extract<HookInput, { hook_event_name: 'PermissionRequest' }>;

/** Events the driver asks to be told. */
export const HOOK_EVENTS: readonly HookInput['hook_event_name'][] = HookInput.options.map(
	(option) => option.shape.hook_event_name.value
);
