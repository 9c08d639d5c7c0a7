import { z } from 'zod';
import { Id, SessionRef } from './fields.ts';

/** Suspend the whole process tree; answered by `paused` with the same requestId. */
export const HostPause = z.object({ t: z.literal('pause'), ...SessionRef, requestId: Id });
export type HostPause = z.infer<typeof HostPause>;
