// GET /api/sessions
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { SESSION_STATES } from '../session-words.ts';
import { PageQuery } from './page.ts';

export const SessionQuery = z.strictObject({
	orgId: Id.optional().meta({ description: 'May be left out by who belongs to one organization.' }),
	state: z
		.array(z.enum(SESSION_STATES))
		.max(9)
		.optional()
		.meta({ description: 'May be repeated.' }),
	providerId: z.string().min(1).max(64).optional(),
	agentId: Id.optional(),
	runnerId: Id.optional(),
	houseId: Id.optional(),
	search: text(200).optional(),
	...PageQuery
});
export type SessionQuery = z.infer<typeof SessionQuery>;
