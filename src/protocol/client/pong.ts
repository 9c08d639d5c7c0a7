// Server → client: I am here.
import { z } from 'zod';
import { Time } from '../envelope.ts';
import { MessageId } from './fields.ts';

export const Pong = z.object({
	type: z.literal('pong'),
	messageId: MessageId.optional(),
	timestamp: Time
});
export type Pong = z.infer<typeof Pong>;
