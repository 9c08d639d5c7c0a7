import { z } from 'zod';
import { Cols, Rows, SessionRef } from './fields.ts';

/** New size of the PTY: one SIGWINCH, none when it is equal. Accepted while paused. */
export const HostResize = z.object({
	t: z.literal('resize'),
	...SessionRef,
	cols: Cols,
	rows: Rows
});
export type HostResize = z.infer<typeof HostResize>;
