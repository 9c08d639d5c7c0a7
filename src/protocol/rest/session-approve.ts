// POST /api/sessions/{sessionId}/approve
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { Approval } from './approval.ts';

export const SessionApprove = z.strictObject({
	approvalId: Id,
	decision: z.enum(['allow', 'deny']),
	reason: text(2000).optional(),
	always: z
		.strictObject({
			scope: z.enum(['session', 'agent', 'house']),
			match: z.enum(['exact', 'tool', 'action'])
		})
		.optional()
		.meta({ description: 'Also makes a rule that answers what is like it from now on.' }),
	generation: z.number().int().min(1).optional().meta({
		description: 'The question as it was read; an older one is APPROVAL_STALE.'
	}),
	optionId: text(100).optional().meta({ description: 'One of the options that were offered.' })
});
export type SessionApprove = z.infer<typeof SessionApprove>;

export const SessionApproved = z.object({ ok: z.literal(true), approval: Approval });
export type SessionApproved = z.infer<typeof SessionApproved>;
