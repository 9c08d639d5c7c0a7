// The runner ends on purpose; its sessions stay with the session host unless it stopped them before.
// `left`: the machine has given up its place and will not come back with this credential.
import { z } from 'zod';
import { Seq } from '../envelope.ts';

export const RunnerBye = z.object({
	t: z.literal('runner.bye'),
	seq: Seq,
	reason: z.enum(['shutdown', 'upgrade', 'drained', 'left'])
});
export type RunnerBye = z.infer<typeof RunnerBye>;
