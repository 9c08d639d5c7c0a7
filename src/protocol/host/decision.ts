import { z } from 'zod';
import { Id, SessionRef } from './fields.ts';

/** A committed decision for a question; answered by `approval.applied`, also when repeated. */
export const HostDecision = z.object({
	t: z.literal('approval.decision'),
	...SessionRef,
	approvalId: Id,
	generation: z.int().min(1),
	decision: z.enum(['allow', 'deny']),
	/** Which of the offered options was chosen. */
	optionId: z.string().max(100).optional(),
	/** Answer to a question, as the agent's tool wants it. */
	answer: z.json().optional(),
	/** Reason, printed by the process that asked. */
	message: z.string().max(2000).optional()
});
export type HostDecision = z.infer<typeof HostDecision>;
