// Server → browser: the session takes input now, or does not.
import { z } from 'zod';
import { Phase, Stream } from './fields.ts';

export const PhaseChanged = z.object({ t: z.literal('phase'), stream: Stream, phase: Phase });
export type PhaseChanged = z.infer<typeof PhaseChanged>;
