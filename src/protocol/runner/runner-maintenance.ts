// Take no new session while somebody works on the machine.
import { z } from 'zod';
import { Seq, Time } from '../envelope.ts';

export const RunnerMaintenance = z.object({
	t: z.literal('runner.maintenance'),
	seq: Seq,
	deadlineAt: Time.optional()
});
export type RunnerMaintenance = z.infer<typeof RunnerMaintenance>;
