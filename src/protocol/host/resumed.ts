import { z } from 'zod';
import { Id, SessionRef } from './fields.ts';

/** Answer to resume. */
export const HostResumed = z.object({
	t: z.literal('resumed'),
	...SessionRef,
	requestId: Id,
	ok: z.boolean(),
	method: z.literal('signal').optional(),
	message: z.string().optional()
});
export type HostResumed = z.infer<typeof HostResumed>;
