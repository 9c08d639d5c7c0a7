// Sign of life of a runner, every 10 s.
import { z } from 'zod';
import { Id, Offset, text } from '../envelope.ts';
import { RuntimeVersions } from './hello.ts';

/**
 * `load` figures outside 0..100 are for the receiver to refuse (`VALIDATION_ERROR`, the frame still counts as a sign of
 * life), so they are plain numbers here. `timestamp` is echoed and shown as clock skew, never trusted.
 */
export const Heartbeat = z.object({
	t: z.literal('heartbeat'),
	timestamp: text(64),
	activeSessions: z.array(Id).max(1000).default([]),
	load: z.object({ cpuPercent: z.number(), memoryPercent: z.number(), diskPercent: z.number() }),
	runtimeVersions: RuntimeVersions.default({}),
	/** Bytes in the spools of all sessions. */
	spoolBytes: Offset.default(0)
});
export type Heartbeat = z.infer<typeof Heartbeat>;
