import { z } from 'zod';
import { Id } from './fields.ts';

/** First frame of a runner; within 5 s. A newer connection replaces an older one. */
export const HostHello = z.object({
	t: z.literal('hello'),
	protocol: z.int().min(1),
	minProtocol: z.int().min(1),
	runnerId: Id.optional()
});
export type HostHello = z.infer<typeof HostHello>;
