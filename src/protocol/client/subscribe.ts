// Client → server: tell me of this session, this runner, or both. Approvals come as `session/approval_request`.
import { z } from 'zod';
import { Id } from '../envelope.ts';
import { FROM_CLIENT, RESUME } from './fields.ts';

export const Subscribe = z.object({
	type: z.literal('subscribe'),
	sessionId: Id.optional(),
	runnerId: Id.optional(),
	...RESUME,
	...FROM_CLIENT
});
export type Subscribe = z.infer<typeof Subscribe>;
