import { z } from 'zod';

/** Take no new session and exit as soon as none is left (all ended and discarded). */
export const HostDrain = z.object({ t: z.literal('drain') });
export type HostDrain = z.infer<typeof HostDrain>;
