import { z } from 'zod';
import { Id } from './fields.ts';

/** Ask for figures. */
export const HostStats = z.object({ t: z.literal('stats'), requestId: Id });
export type HostStats = z.infer<typeof HostStats>;

/** Figures of the host process and its spools, in bytes. */
export const HostStatsReply = z.object({
	t: z.literal('stats_reply'),
	requestId: Id,
	rssBytes: z.int(),
	spoolBytes: z.int(),
	sessions: z.int()
});
export type HostStatsReply = z.infer<typeof HostStatsReply>;
