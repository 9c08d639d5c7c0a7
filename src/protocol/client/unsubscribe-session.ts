// Client → server: no longer, in the words of `subscribe_session`.
import { z } from 'zod';
import { Id } from '../envelope.ts';
import { FROM_CLIENT } from './fields.ts';

export const UnsubscribeSession = z.object({
	type: z.literal('unsubscribe_session'),
	sessionId: Id,
	...FROM_CLIENT
});
export type UnsubscribeSession = z.infer<typeof UnsubscribeSession>;
