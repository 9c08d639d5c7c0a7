import { z } from 'zod';
import { Offset, StreamId } from './fields.ts';

/** A binary frame was not taken: send again from this offset (kind 0x10 input, 0x01 transcript). */
export const HostNack = z.object({
	t: z.literal('nack'),
	streamId: StreamId,
	kind: z.union([z.literal(0x10), z.literal(1)]),
	offset: Offset,
	reason: z.enum(['gap', 'full', 'ended'])
});
export type HostNack = z.infer<typeof HostNack>;
