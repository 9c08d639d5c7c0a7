// Server → browser: the right to type here was given or taken away.
import { z } from 'zod';
import { Stream } from './fields.ts';

export const Access = z.object({ t: z.literal('access'), stream: Stream, canWrite: z.boolean() });
export type Access = z.infer<typeof Access>;
