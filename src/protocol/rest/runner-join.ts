// POST /api/runners/join: a machine joins with a one-time code (control-plane.md 6.1).
import { z } from 'zod';
import { Id, text } from '../envelope.ts';

const word = (max: number, min = 1) => text(max).min(min);

export const RunnerJoin = z.strictObject({
	hostname: word(255),
	os: word(64),
	arch: word(64),
	runnerVersion: word(64),
	capacity: z.number().int().min(1).max(100).optional(),
	features: z
		.array(z.string().regex(/^[a-z0-9._-]{1,40}$/))
		.max(32)
		.optional(),
	metadata: z
		.record(word(64), word(1000, 0))
		.refine((map) => Object.keys(map).length <= 32, 'At most 32 entries.')
		.optional()
});
export type RunnerJoin = z.infer<typeof RunnerJoin>;

export const RunnerJoined = z.object({
	runnerId: Id,
	credential: z.string().meta({ description: 'Shown this once.' }),
	wsUrl: z.string()
});
export type RunnerJoined = z.infer<typeof RunnerJoined>;
