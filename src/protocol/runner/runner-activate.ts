// Take sessions again.
import { z } from 'zod';
import { Seq } from '../envelope.ts';

export const RunnerActivate = z.object({
	t: z.literal('runner.activate'),
	seq: Seq
});
export type RunnerActivate = z.infer<typeof RunnerActivate>;
