import { z } from 'zod';
import { SessionRef } from './fields.ts';

/** Forget an ended session and delete its spool; answered by `discarded`. */
export const HostDiscard = z.object({ t: z.literal('discard'), ...SessionRef });
export type HostDiscard = z.infer<typeof HostDiscard>;
