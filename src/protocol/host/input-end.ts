import { z } from 'zod';
import { SessionRef } from './fields.ts';

/** Close the standard input of a process on pipes once all input before is written. */
export const HostInputEnd = z.object({ t: z.literal('input_end'), ...SessionRef });
export type HostInputEnd = z.infer<typeof HostInputEnd>;
