import { z } from 'zod';
import { SessionRef } from './fields.ts';

/** The spool of this session is gone. */
export const HostDiscarded = z.object({ t: z.literal('discarded'), ...SessionRef });
export type HostDiscarded = z.infer<typeof HostDiscarded>;
