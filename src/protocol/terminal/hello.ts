// Server → browser, first frame of every connection: the numbers of this door.
import { z } from 'zod';
import { Id } from '../envelope.ts';

export const Hello = z.object({
	t: z.literal('hello'),
	protocol: z.number().int().min(1),
	connectionId: Id,
	/** Bytes a viewer may have under way unacknowledged. */
	window: z.number().int().min(1),
	/** Largest message up, bytes. */
	maxMessage: z.number().int().min(1),
	/** Most attachments of one socket. */
	maxAttachments: z.number().int().min(1)
});
export type Hello = z.infer<typeof Hello>;

/** Version of this door. History: 1 the first. */
export const TERMINAL_PROTOCOL = 1;
