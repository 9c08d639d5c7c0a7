import { z } from 'zod';

/**
 * What a driver is told by the runner: a file of its session, written before the session starts (mode 0600). Nothing in it
 * is secret; credentials come with the environment.
 */
export const DriveSpec = z.object({
	providerId: z.enum(['claude_code', 'codex', 'opencode', 'gemini_cli']),
	/** Program and first arguments of the agent's CLI. */
	program: z.array(z.string()).min(1),
	/** Version the runner found, null when the CLI did not tell. */
	version: z.string().nullable(),
	/** First prompt; absent when the person begins. */
	task: z.string().optional(),
	model: z.string().optional(),
	/** How long a question waits for people, milliseconds. */
	askTimeoutMs: z.int().min(1000)
});
export type DriveSpec = z.infer<typeof DriveSpec>;
