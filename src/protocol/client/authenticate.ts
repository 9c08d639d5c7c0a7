// Client → server: who I am. Said again, it replaces the former identity and everything subscribed to.
import { z } from 'zod';
import { FROM_CLIENT } from './fields.ts';
import { Id } from '../envelope.ts';

export const Authenticate = z.object({
	type: z.literal('authenticate'),
	/** An API token, or a session token. */
	token: z.string().min(1).max(2000),
	/** When given, it must be the token's own. */
	userId: Id.optional(),
	...FROM_CLIENT
});
export type Authenticate = z.infer<typeof Authenticate>;
