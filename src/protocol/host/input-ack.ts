import { z } from 'zod';
import { Offset, SessionRef, StreamId } from './fields.ts';

/** All input before this offset is written to the process. */
export const HostInputAck = z.object({
	t: z.literal('input_ack'),
	...SessionRef,
	streamId: StreamId,
	offset: Offset
});
export type HostInputAck = z.infer<typeof HostInputAck>;
