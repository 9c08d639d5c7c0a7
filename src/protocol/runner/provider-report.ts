// What a runner found of one agent CLI.
import { z } from 'zod';
import { text } from '../envelope.ts';

export const ProviderReport = z.object({
	/** A provider id; one the server does not know is kept and not offered. */
	id: text(64),
	version: text(200).optional(),
	path: text(1000).optional(),
	level: z.enum(['L1', 'L2', 'L3']),
	/** By the CLI's own documented check; `unknown` when there is none or it did not answer. */
	auth: z.enum(['ok', 'missing', 'unknown']),
	/** What is missing, in words (a variable's name, a command to run). */
	missing: z.array(text(200)).max(16).optional(),
	capabilities: z
		.object({
			canAnswer: z.boolean(),
			canSurviveRunnerRestart: z.boolean(),
			canInterrupt: z.boolean(),
			canSteer: z.boolean(),
			reportsCost: z.boolean()
		})
		.optional()
});
export type ProviderReport = z.infer<typeof ProviderReport>;
