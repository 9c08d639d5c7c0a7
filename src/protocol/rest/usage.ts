// What a session has used: totals over all its attempts. A figure that nobody told is null, never 0.
import { z } from 'zod';

const figure = z.number().nullable();

export const Usage = z.object({
	tokensIn: figure,
	tokensOut: figure,
	cachedTokens: figure,
	apiCalls: figure,
	costUsd: figure,
	cpuMs: figure,
	filesChanged: figure,
	commands: figure
});
export type Usage = z.infer<typeof Usage>;
