import { z } from 'zod';
import { Id, SessionRef } from './fields.ts';

/** Let the process tree run on; answered by `resumed` with the same requestId. */
export const HostResume = z.object({ t: z.literal('resume'), ...SessionRef, requestId: Id });
export type HostResume = z.infer<typeof HostResume>;
