import { z } from 'zod';
import { Id, SessionRef } from './fields.ts';

/** Answer to pause. `ok: false`: some member could not be suspended; the tree was let go again. */
export const HostPaused = z.object({
	t: z.literal('paused'),
	...SessionRef,
	requestId: Id,
	ok: z.boolean(),
	method: z.literal('signal').optional(),
	message: z.string().optional()
});
export type HostPaused = z.infer<typeof HostPaused>;
