// Browser → server: show me this session.
import { z } from 'zod';
import { Id, Offset } from '../envelope.ts';
import { Ref, ViewerCols, ViewerRows } from './fields.ts';

export const Attach = z.object({
	t: z.literal('attach'),
	ref: Ref,
	sessionId: Id,
	/** "I have everything up to here": a small rest comes as bytes, a large one as a snapshot. */
	from: Offset.optional(),
	/** Bytes only, as far back as they are kept; never a snapshot. */
	exact: z.boolean().optional(),
	/** A small picture of the terminal: counts for no size, never types. */
	preview: z.boolean().optional(),
	cols: ViewerCols.optional(),
	rows: ViewerRows.optional(),
	visible: z.boolean().optional()
});
export type Attach = z.infer<typeof Attach>;
