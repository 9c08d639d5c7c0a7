// A question of a session, as answers below `/api` carry it.
import { z } from 'zod';
import { APPROVAL_ACTIONS, APPROVAL_KINDS, RISKS } from '../approval-words.ts';
import { Id, Time } from '../envelope.ts';

export const Approval = z.object({
	id: Id,
	sessionId: Id,
	agentId: Id,
	agentName: z.string(),
	houseName: z.string().nullable(),
	kind: z.enum(APPROVAL_KINDS),
	action: z.enum(APPROVAL_ACTIONS),
	risk: z.enum(RISKS),
	summary: z.string(),
	details: z.unknown().meta({ description: 'null for viewers, as are command, cwd, diff, paths.' }),
	tool: z.string().nullable(),
	command: z.string().nullable(),
	cwd: z.string().nullable(),
	diff: z.string().nullable(),
	paths: z.array(z.string()).nullable(),
	options: z.array(z.object({ id: z.string(), label: z.string() })).nullable(),
	source: z.string(),
	generation: z.number().int().min(1),
	status: z.enum(['pending', 'allowed', 'denied', 'expired', 'cancelled', 'answered_at_terminal']),
	effect: z.enum(['allowed', 'denied', 'too_late', 'indeterminate']).nullable(),
	requestedAt: Time,
	expiresAt: Time,
	resolvedAt: Time.nullable(),
	resolvedBy: z
		.object({
			kind: z.enum(['user', 'terminal', 'policy', 'expiry', 'system']),
			id: z.string().nullable(),
			name: z.string().nullable(),
			via: z.string().nullable()
		})
		.nullable(),
	reason: z.string().nullable(),
	ruleId: Id.nullable(),
	bypassId: Id.nullable(),
	demo: z.boolean()
});
export type Approval = z.infer<typeof Approval>;
