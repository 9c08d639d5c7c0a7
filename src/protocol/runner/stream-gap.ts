// Bytes the runner no longer has; the stream goes on at `to`.
import { z } from 'zod';
import { Offset, Seq, StreamId } from '../envelope.ts';
import { StreamKind } from './streams.ts';

export const StreamGap = z.object({
	t: z.literal('stream.gap'),
	seq: Seq,
	streamId: StreamId,
	kind: StreamKind,
	from: Offset,
	to: Offset,
	reason: z.enum(['spool_limit', 'disk', 'host_lost'])
});
export type StreamGap = z.infer<typeof StreamGap>;
