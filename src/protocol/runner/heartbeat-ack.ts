// Answer to heartbeat.
import { z } from 'zod';
import { text, Time } from '../envelope.ts';

export const HeartbeatAck = z.object({
	t: z.literal('heartbeat_ack'),
	serverTime: Time,
	/** The heartbeat's `timestamp`. */
	echo: text(64)
});
export type HeartbeatAck = z.infer<typeof HeartbeatAck>;
