import { z } from 'zod';
import { SessionRef } from './fields.ts';

/** No process was started; nothing is kept of the session. */
export const HostStartFailed = z.object({
	t: z.literal('start_failed'),
	...SessionRef,
	code: z.enum(['bad_spec', 'stale', 'spawn_failed', 'draining', 'no_capacity']),
	message: z.string()
});
export type HostStartFailed = z.infer<typeof HostStartFailed>;
