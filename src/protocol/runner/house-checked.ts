// What became of a `house.check`.
import { z } from 'zod';
import { Id, Seq, text } from '../envelope.ts';

export const HouseChecked = z.object({
	t: z.literal('house.checked'),
	seq: Seq,
	requestId: Id,
	houseId: Id.optional(),
	ok: z.boolean(),
	/** Why not, in words. */
	message: text(1000).optional(),
	/** Main language by number of files, such as `TypeScript`; null when there is none. */
	language: text(40).nullable().default(null),
	/** Number of files git knows, or found in the folder; null when nobody counted. */
	files: z.number().int().min(0).max(2_000_000_000).nullable().default(null),
	/** The branch that was fetched. */
	branch: text(250).optional()
});
export type HouseChecked = z.infer<typeof HouseChecked>;
