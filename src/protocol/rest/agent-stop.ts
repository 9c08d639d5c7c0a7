// POST /api/agents/{agentId}/stop
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { SESSION_STATES } from '../session-words.ts';

export const AgentStop = z.strictObject({
	reason: text(500).optional(),
	force: z.boolean().optional().meta({ description: 'Kill at once instead of asking first.' })
});
export type AgentStop = z.infer<typeof AgentStop>;

export const AgentStopped = z.object({
	ok: z.literal(true),
	sessionId: Id,
	state: z.enum(SESSION_STATES).meta({
		description: 'As it is now: a running session ends when its process has gone.'
	})
});
export type AgentStopped = z.infer<typeof AgentStopped>;
