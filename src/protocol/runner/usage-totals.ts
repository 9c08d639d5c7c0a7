// What an attempt has used so far: absolute totals; a figure nobody knows is null, never 0.
import { z } from 'zod';

const figure = z.number().min(0).nullable().default(null);

export const UsageTotals = z.object({
	tokensIn: figure,
	tokensOut: figure,
	cachedTokens: figure,
	apiCalls: figure,
	costUsd: figure,
	/** CPU time of the whole process tree, milliseconds. */
	cpuMs: figure,
	filesChanged: figure,
	commands: figure
});
export type UsageTotals = z.infer<typeof UsageTotals>;
