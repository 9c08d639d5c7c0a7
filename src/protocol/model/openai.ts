// What the fake model reads of a request of the OpenAI Responses API. Everything else is taken and left alone.
import { z } from 'zod';

const Part = z.looseObject({ type: z.string(), text: z.string().optional() });

const named = { type: z.string(), name: z.string().optional(), description: z.string().nullish() };

/** A function, a free-form (`custom`) tool, a namespace of tools, or one of the vendor's own. */
export const ResponsesTool = z.looseObject({
	...named,
	tools: z.array(z.looseObject(named)).optional()
});
export type ResponsesTool = z.infer<typeof ResponsesTool>;

/** A message, a call, its output, reasoning, more tools: told apart by `type`; a message may leave it out. */
export const ResponsesItem = z.looseObject({
	type: z.string().optional(),
	role: z.string().optional(),
	content: z.union([z.string(), z.array(Part)]).nullish(),
	output: z.unknown().optional(),
	tools: z.array(ResponsesTool).optional()
});
export type ResponsesItem = z.infer<typeof ResponsesItem>;

export const ResponsesRequest = z.looseObject({
	model: z.string().min(1).max(200),
	stream: z.boolean().default(false),
	instructions: z.string().nullish(),
	input: z.union([z.string().min(1), z.array(ResponsesItem).min(1)]),
	tools: z.array(ResponsesTool).default([]),
	prompt_cache_key: z.string().nullish(),
	text: z
		.looseObject({ format: z.looseObject({ type: z.string(), schema: z.unknown() }).nullish() })
		.nullish()
});
export type ResponsesRequest = z.infer<typeof ResponsesRequest>;
