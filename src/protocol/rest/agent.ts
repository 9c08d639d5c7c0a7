// An agent, as answers below `/api` carry it, and the query of GET /api/agents.
import { z } from 'zod';
import { Id, Time } from '../envelope.ts';
import { SESSION_STATES } from '../session-words.ts';

export const AgentQuery = z.strictObject({
	villageId: Id.optional().meta({ description: 'Every village the caller may see when absent.' })
});
export type AgentQuery = z.infer<typeof AgentQuery>;

export const Agent = z.object({
	id: Id,
	villageId: Id,
	name: z.string(),
	houseId: Id.nullable(),
	provider: z.string(),
	state: z.string().meta({ description: 'What it is shown doing: idle, running, waiting, …' }),
	stateSince: Time,
	mood: z.object({
		energy: z.number(),
		frustration: z.number(),
		streak: z.number(),
		errorStreak: z.number()
	}),
	bubble: z.string().nullable(),
	sessionId: Id.nullable().meta({ description: 'The active session, if any.' }),
	sessionState: z.enum(SESSION_STATES).nullable(),
	connectivity: z.enum(['ok', 'lost']),
	approvalsPending: z.number().int().min(0),
	demo: z.boolean()
});
export type Agent = z.infer<typeof Agent>;
