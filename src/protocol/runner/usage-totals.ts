// What an attempt has used so far: absolute totals; a figure nobody knows is null, never 0.
import { z } from 'zod';

const figure = z.number().min(0).nullable().default(null);

/** Figures that are known; the others are left out. */
export const UsageFigures = z.object({
	tokensIn: z.number().min(0).optional(),
	tokensOut: z.number().min(0).optional(),
	cachedTokens: z.number().min(0).optional(),
	apiCalls: z.number().min(0).optional(),
	costUsd: z.number().min(0).optional(),
	filesChanged: z.number().min(0).optional()
});
export type UsageFigures = z.infer<typeof UsageFigures>;

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
