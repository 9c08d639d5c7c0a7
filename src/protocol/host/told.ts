import { z } from 'zod';
import { text } from '../envelope.ts';
import { UsageFigures } from '../runner/usage-totals.ts';
import { WorkReport } from '../runner/work-event.ts';

/** Something the agent did, or how its status changed (kind `status_change`, `data` as in `ToldStatus`). */
export const ToldWork = z.object({ k: z.literal('work'), report: WorkReport });
export type ToldWork = z.infer<typeof ToldWork>;

/** What the attempt has used so far: absolute totals; figures that are not known are left out. */
export const ToldUsage = z.object({ k: z.literal('usage'), totals: UsageFigures });
export type ToldUsage = z.infer<typeof ToldUsage>;

/** The agent's own word on how its last turn went; the latest counts when the process ends. */
export const ToldResult = z.object({
	k: z.literal('result'),
	ok: z.boolean(),
	message: text(1000).optional()
});
export type ToldResult = z.infer<typeof ToldResult>;

/** One line of the raw stream of a driven session. Lines that fit none of these are passed over. */
export const Told = z.discriminatedUnion('k', [ToldWork, ToldUsage, ToldResult]);
export type Told = z.infer<typeof Told>;

/** Where a status comes from: `hook`, `protocol` and `telemetry` are the agent's own word, `guess` is ours. */
export const StatusSource = z.enum(['hook', 'protocol', 'telemetry', 'guess']);
export type StatusSource = z.infer<typeof StatusSource>;

/**
 * `data` of a `status_change`. `needs_terminal`: something asks in the terminal that cannot be answered elsewhere
 * (a trust or sign-in dialog). `conversationId` is the agent's own, to resume by.
 */
export const ToldStatus = z.object({
	status: z.enum(['starting', 'running', 'waiting', 'idle', 'needs_terminal', 'ended']),
	source: StatusSource,
	conversationId: text(200).optional()
});
export type ToldStatus = z.infer<typeof ToldStatus>;
