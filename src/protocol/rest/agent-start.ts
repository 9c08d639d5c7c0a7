// POST /api/agents/{agentId}/start
import { z } from 'zod';
import { Id, text, Time } from '../envelope.ts';
import { SESSION_STATES } from '../session-words.ts';

export const AgentStart = z.strictObject({
	task: text(8000).optional(),
	repoId: Id.optional().meta({
		description: "A house of the agent's village; its home house when absent."
	}),
	providerId: z.string().min(1).max(64).optional().meta({
		description: "The agent's own when absent. An unknown one is INVALID_PROVIDER."
	}),
	model: text(200).optional(),
	command: text(8000).optional().meta({
		description: 'For the provider `custom` alone: a command line, run by the shell.'
	}),
	timeoutMinutes: z.number().int().min(1).max(1440).optional()
});
export type AgentStart = z.infer<typeof AgentStart>;

export const AgentStarted = z.object({
	sessionId: Id,
	token: z.string().meta({
		description: 'Opens this one session on /ws, to read and to type, and nothing else.'
	}),
	expiresAt: Time,
	state: z.enum(SESSION_STATES)
});
export type AgentStarted = z.infer<typeof AgentStarted>;
