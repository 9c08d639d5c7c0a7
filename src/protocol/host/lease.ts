import { z } from 'zod';
import { SessionRef } from './fields.ts';

/** Renews the leases of these sessions (control-plane.md 6.4). */
export const HostLease = z.object({
	t: z.literal('lease'),
	sessions: z.array(z.object(SessionRef)).max(1000)
});
export type HostLease = z.infer<typeof HostLease>;
