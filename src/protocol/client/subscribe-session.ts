// Client → server: tell me of this session. Approvals come as `approval_required`.
import { z } from 'zod';
import { Id } from '../envelope.ts';
import { FROM_CLIENT, RESUME } from './fields.ts';

export const SubscribeSession = z.object({
	type: z.literal('subscribe_session'),
	sessionId: Id,
	...RESUME,
	...FROM_CLIENT
});
export type SubscribeSession = z.infer<typeof SubscribeSession>;
