// Take no new session; what runs goes on until the deadline, if there is one.
import { z } from 'zod';
import { Seq, Time } from '../envelope.ts';

export const RunnerDrain = z.object({
	t: z.literal('runner.drain'),
	seq: Seq,
	deadlineAt: Time.optional()
});
export type RunnerDrain = z.infer<typeof RunnerDrain>;
