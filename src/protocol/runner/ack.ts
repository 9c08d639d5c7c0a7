// Cumulative acknowledgement, both ways: after at most 50 ms, 64 frames or 256 KiB.
import { z } from 'zod';
import { Offset } from '../envelope.ts';
import { MAX_STREAMS, StreamAck } from './streams.ts';

/** `seq` = last reliable frame applied (0: none yet); `offset` = next byte wanted. */
export const Ack = z.object({
	t: z.literal('ack'),
	seq: Offset,
	streams: z.array(StreamAck).max(MAX_STREAMS).default([])
});
export type Ack = z.infer<typeof Ack>;
