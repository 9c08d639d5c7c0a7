import { z } from 'zod';
import { Id, SessionRef } from './fields.ts';

/** The question is void (expired or cancelled at the server): the process that asks is not allowed. */
export const HostCancel = z.object({
	t: z.literal('approval.cancel'),
	...SessionRef,
	approvalId: Id,
	generation: z.int().min(1),
	reason: z.enum(['expired', 'cancelled'])
});
export type HostCancel = z.infer<typeof HostCancel>;
