// What the attempt has used so far; sent every 15 s while it changes.
import { z } from 'zod';
import { Seq } from '../envelope.ts';
import { sessionRef } from './streams.ts';
import { UsageTotals } from './usage-totals.ts';

export const SessionUsage = z.object({
	t: z.literal('session.usage'),
	seq: Seq,
	...sessionRef,
	totals: UsageTotals
});
export type SessionUsage = z.infer<typeof SessionUsage>;
