import { z } from 'zod';
import { StreamOffset } from './fields.ts';

/**
 * Send these streams from these offsets on, live. Also after the runner's link to the server was
 * cut: the window starts empty at the offset. An offset the spool no longer has is answered with
 * `gap` and sending starts at the first byte kept.
 */
export const HostFollow = z.object({ t: z.literal('follow'), streams: z.array(StreamOffset) });
export type HostFollow = z.infer<typeof HostFollow>;
