// Ask again: from a reliable frame, or from a byte.
import { z } from 'zod';
import { Offset, Seq, StreamId } from '../envelope.ts';
import { StreamKind } from './streams.ts';

/** Either `seq` (next reliable frame wanted), or `streamId`, `kind` and `offset` (next byte wanted). */
export const Nack = z
	.object({
		t: z.literal('nack'),
		seq: Seq.optional(),
		streamId: StreamId.optional(),
		kind: StreamKind.optional(),
		offset: Offset.optional()
	})
	.refine(
		(nack) =>
			nack.seq !== undefined ||
			(nack.streamId !== undefined && nack.kind !== undefined && nack.offset !== undefined),
		'names neither a frame nor a byte'
	);
export type Nack = z.infer<typeof Nack>;
