// Client → server: no longer.
import { z } from 'zod';
import { Id } from '../envelope.ts';
import { FROM_CLIENT } from './fields.ts';

export const Unsubscribe = z.object({
	type: z.literal('unsubscribe'),
	sessionId: Id.optional(),
	runnerId: Id.optional(),
	...FROM_CLIENT
});
export type Unsubscribe = z.infer<typeof Unsubscribe>;
