import { z } from 'zod';
import { SessionRef, StopCause } from './fields.ts';

/** End the process tree: ^C, after 5 s SIGTERM, after 10 s SIGKILL; force starts at SIGKILL. The first cause stays. */
export const HostStop = z.object({
	t: z.literal('stop'),
	...SessionRef,
	cause: StopCause,
	force: z.boolean()
});
export type HostStop = z.infer<typeof HostStop>;
