// Client → server: are you there? Answered before anybody has said who they are.
import { z } from 'zod';
import { FROM_CLIENT } from './fields.ts';

export const Ping = z.object({ type: z.literal('ping'), ...FROM_CLIENT });
export type Ping = z.infer<typeof Ping>;
