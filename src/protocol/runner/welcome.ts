// The server's answer to hello: what it has, what it wants, and what is to become of each session (control-plane.md 6.5).
import { z } from 'zod';
import { Offset, Seq, text, Time } from '../envelope.ts';
import { sessionRef, StreamOffset } from './streams.ts';

export const SessionVerdict = z.object({
	...sessionRef,
	verdict: z.enum(['keep', 'stop', 'discard']),
	/** Why, for `stop`. */
	cause: z.enum(['user', 'timeout', 'policy', 'drain', 'superseded']).optional(),
	/** Next bytes wanted. */
	streams: z.array(StreamOffset).max(8).default([]),
	/** Next input byte the server would send. */
	inOffset: Offset.default(0)
});
export type SessionVerdict = z.infer<typeof SessionVerdict>;

export const Welcome = z.object({
	t: z.literal('welcome'),
	protocol: z.number().int().min(1),
	serverId: text(64),
	serverTime: Time,
	/** Last reliable frame of this boot of the runner that was applied; 0: none. */
	recv: z.object({ seq: Seq.or(z.literal(0)) }),
	/** Last reliable frame the server has numbered; lower than what we applied after it was restored from a backup. */
	sent: z.object({ seq: Seq.or(z.literal(0)) }).optional(),
	heartbeatMs: z.number().int().min(10),
	timeoutMs: z.number().int().min(10),
	maxFrame: z.number().int().min(1024),
	window: z.object({
		/** Unacknowledged bytes per connection. */
		bytes: z.number().int().min(1024),
		/** Unacknowledged bytes per stream. */
		streamBytes: z.number().int().min(1024),
		/** Unacknowledged reliable frames. */
		frames: z.number().int().min(1)
	}),
	mode: z.enum(['active', 'draining', 'maintenance']),
	sessions: z.array(SessionVerdict).max(1000).default([])
});
export type Welcome = z.infer<typeof Welcome>;

/** What a runner may have under way unless the server says otherwise. */
export const DEFAULT_WINDOW = { bytes: 4_194_304, streamBytes: 1_048_576, frames: 256 } as const;
