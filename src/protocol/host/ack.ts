import { z } from 'zod';
import { StreamOffset } from './fields.ts';

/** Everything before these offsets is kept for good elsewhere: frees the window and the spool. */
export const HostAck = z.object({ t: z.literal('ack'), streams: z.array(StreamOffset) });
export type HostAck = z.infer<typeof HostAck>;
