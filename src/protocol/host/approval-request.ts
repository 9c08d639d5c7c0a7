import { z } from 'zod';
import { Ask } from './ask.ts';

/** A process is blocked on this question. */
export const HostApprovalRequest = z.object({ t: z.literal('approval.request'), ...Ask.shape });
export type HostApprovalRequest = z.infer<typeof HostApprovalRequest>;
