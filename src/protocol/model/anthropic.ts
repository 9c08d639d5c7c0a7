// What the fake model reads of a request of the Anthropic Messages API. Everything else is taken and left alone.
import { z } from 'zod';

const Block = z.looseObject({
	type: z.string(),
	text: z.string().optional(),
	/** Of a `tool_result`. */
	content: z.unknown().optional()
});

const Content = z.union([z.string(), z.array(Block)]);

export const AnthropicRequest = z.looseObject({
	model: z.string().min(1).max(200),
	max_tokens: z.number().int().min(0),
	stream: z.boolean().default(false),
	system: Content.optional(),
	messages: z
		.array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: Content }))
		.min(1),
	tools: z.array(z.looseObject({ name: z.string() })).default([]),
	metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
	/** A schema here asks for JSON instead of words. */
	output_config: z
		.looseObject({ format: z.looseObject({ schema: z.unknown() }).nullish() })
		.nullish()
});
export type AnthropicRequest = z.infer<typeof AnthropicRequest>;

export const AnthropicCount = AnthropicRequest.omit({ max_tokens: true, stream: true });
