// The words of the Agent Client Protocol (v1) this driver reads. Lenient where the protocol may grow, strict where it asks.
import { z } from 'zod';

export const ToolContent = z.union([
	z.object({
		type: z.literal('diff'),
		path: z.string(),
		oldText: z.string().nullish(),
		newText: z.string()
	}),
	z.object({
		type: z.literal('content'),
		content: z.object({ type: z.literal('text'), text: z.string() })
	}),
	// Of a kind that is not read: an image, a terminal, or something new.
	z.object({ type: z.string() }).transform(() => null)
]);
export type ToolContent = z.infer<typeof ToolContent>;

/** A tool call, or what has changed of one; what is not told is not there. */
export const ToolCall = z.object({
	toolCallId: z.string(),
	title: z.string().nullish(),
	kind: z.string().nullish(),
	status: z.string().nullish(),
	content: z.array(ToolContent).nullish(),
	locations: z.array(z.object({ path: z.string() })).nullish(),
	rawInput: z.unknown().optional(),
	rawOutput: z.unknown().optional()
});
export type ToolCall = z.infer<typeof ToolCall>;

/** A question of the agent. Options of a kind nobody here knows make it malformed: they could mean anything. */
export const PermissionParams = z.object({
	sessionId: z.string(),
	toolCall: ToolCall,
	options: z
		.array(
			z.object({
				optionId: z.string(),
				name: z.string(),
				kind: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always'])
			})
		)
		.min(1)
		.max(20)
});
export type PermissionParams = z.infer<typeof PermissionParams>;

const chunk = z.object({ content: z.object({ type: z.string(), text: z.string().optional() }) });

/** Updates that are read; all others are passed over. */
export const Update = z.discriminatedUnion('sessionUpdate', [
	chunk.extend({ sessionUpdate: z.literal('agent_message_chunk') }),
	chunk.extend({ sessionUpdate: z.literal('agent_thought_chunk') }),
	ToolCall.extend({ sessionUpdate: z.literal('tool_call') }),
	ToolCall.extend({ sessionUpdate: z.literal('tool_call_update') }),
	z.object({
		sessionUpdate: z.literal('plan'),
		entries: z.array(z.object({ content: z.string(), status: z.string().default('pending') }))
	}),
	z.object({ sessionUpdate: z.literal('current_mode_update'), currentModeId: z.string() }),
	z.object({
		sessionUpdate: z.literal('usage_update'),
		cost: z.object({ amount: z.number().min(0), currency: z.string() }).nullish()
	})
]);
export type Update = z.infer<typeof Update>;

export const UpdateParams = z.object({ sessionId: z.string(), update: Update });
export type UpdateParams = z.infer<typeof UpdateParams>;

const count = z.number().min(0);
/** How a turn ended, and what it used, in either of the two places it is told. */
export const TurnEnd = z.object({
	stopReason: z.string(),
	usage: z
		.object({ inputTokens: count, outputTokens: count, cachedReadTokens: count.nullish() })
		.nullish()
		.catch(null),
	_meta: z
		.object({
			quota: z.object({ token_count: z.object({ input_tokens: count, output_tokens: count }) })
		})
		.nullish()
		.catch(null)
});
export type TurnEnd = z.infer<typeof TurnEnd>;
