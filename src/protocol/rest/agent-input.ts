// POST /api/agents/{agentId}/terminal/input
import { z } from 'zod';

/** Most bytes of one input, in UTF-8. */
export const MAX_INPUT_BYTES = 65_536;

export const AgentInput = z.strictObject({
	data: z
		.string()
		.min(1)
		.max(MAX_INPUT_BYTES)
		.refine((text) => !/\p{Surrogate}/u.test(text), 'Holds a lone surrogate.')
		.meta({ description: 'What is typed: at most 65,536 bytes of UTF-8. Enter is `\\r`.' })
});
export type AgentInput = z.infer<typeof AgentInput>;

export const AgentInputTaken = z.object({
	ok: z.literal(true),
	bytes: z.number().int().min(1)
});
export type AgentInputTaken = z.infer<typeof AgentInputTaken>;
