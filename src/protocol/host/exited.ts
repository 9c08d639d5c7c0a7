import { z } from 'zod';
import { Offset, OutputKindField, SessionRef, StopCause, StreamId } from './fields.ts';
import { HostExit } from './welcome.ts';

/**
 * The root process has ended, no member of its tree is left, and all its output is in the spool up
 * to `finalOffsets`. Bytes may still be under way to the runner when this arrives.
 */
export const HostExited = z.object({
	t: z.literal('exited'),
	...SessionRef,
	streamId: StreamId,
	...HostExit.shape,
	finalOffsets: z.array(z.object({ kind: OutputKindField, offset: Offset })),
	/** Why we stopped it; absent when it ended by itself. */
	stopCause: StopCause.optional()
});
export type HostExited = z.infer<typeof HostExited>;
