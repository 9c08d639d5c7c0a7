// The process has ended and all its bytes were read; `finalOffsets` say where they end.
import { z } from 'zod';
import { Seq, text } from '../envelope.ts';
import { Exit } from './hello.ts';
import { sessionRef, StreamOffset } from './streams.ts';
import { UsageTotals } from './usage-totals.ts';

/** What an agent said of its own result. */
export const ProviderResult = z.object({ ok: z.boolean(), message: text(1000).optional() });
export type ProviderResult = z.infer<typeof ProviderResult>;

export const SessionExited = z.object({
	t: z.literal('session.exited'),
	seq: Seq,
	...sessionRef,
	...Exit.shape,
	/** What a structured provider said of its own result; an error flag counts, whatever the exit code. */
	providerResult: ProviderResult.optional(),
	/** Set when the runner's side stopped it: the cause it was told, `timeout` of its own clock, or a lease that ran out. */
	stopCause: z.enum(['user', 'timeout', 'policy', 'drain', 'superseded', 'lease']).optional(),
	finalOffsets: z.array(StreamOffset).max(8),
	totals: UsageTotals,
	worktreeDirty: z.boolean(),
	/** Set when the session host itself died and what was left of the tree was killed. */
	hostLost: z.boolean().optional()
});
export type SessionExited = z.infer<typeof SessionExited>;
