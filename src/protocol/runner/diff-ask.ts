// What has a session changed? Not numbered: an answer that comes after a reconnect is wanted by nobody.
import { z } from 'zod';
import { Id } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const DiffAsk = z.object({ t: z.literal('diff_ask'), requestId: Id, ...sessionRef });
export type DiffAsk = z.infer<typeof DiffAsk>;
