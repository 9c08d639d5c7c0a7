import { z } from 'zod';
import { EpochMs, SessionRef, StreamId } from './fields.ts';

/** The process runs. */
export const HostStarted = z.object({
	t: z.literal('started'),
	...SessionRef,
	streamId: StreamId,
	pid: z.int(),
	at: EpochMs,
	cols: z.int(),
	rows: z.int()
});
export type HostStarted = z.infer<typeof HostStarted>;
