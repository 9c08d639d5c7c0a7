import { z } from 'zod';
import { Offset, OutputKindField, StreamId } from './fields.ts';

/** These bytes are no longer there, or were never written because the disk failed. */
export const HostGap = z.object({
	t: z.literal('gap'),
	streamId: StreamId,
	kind: OutputKindField,
	from: Offset,
	to: Offset,
	reason: z.enum(['spool_limit', 'disk', 'host_lost'])
});
export type HostGap = z.infer<typeof HostGap>;
