// Browser → server: this terminal is no longer shown.
import { z } from 'zod';
import { Stream } from './fields.ts';

export const Detach = z.object({ t: z.literal('detach'), stream: Stream });
export type Detach = z.infer<typeof Detach>;
