// Browser → server: how much this viewer can show, and whether anybody looks at it.
import { z } from 'zod';
import { Stream, ViewerCols, ViewerRows } from './fields.ts';

export const Viewport = z.object({
	t: z.literal('viewport'),
	stream: Stream,
	cols: ViewerCols,
	rows: ViewerRows,
	/** False for a hidden tab: it then counts for no size. */
	visible: z.boolean()
});
export type Viewport = z.infer<typeof Viewport>;
