// The runner ends on purpose; its sessions stay with the session host unless it stopped them before.
import { z } from 'zod';
import { Seq } from '../envelope.ts';

export const RunnerBye = z.object({
	t: z.literal('runner.bye'),
	seq: Seq,
	reason: z.enum(['shutdown', 'upgrade', 'drained'])
});
export type RunnerBye = z.infer<typeof RunnerBye>;
