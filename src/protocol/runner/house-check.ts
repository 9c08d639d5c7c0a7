// Look at a repository before anybody works in it: is the folder there, can the address be fetched, what is in it.
import { z } from 'zod';
import { Id, Seq, text } from '../envelope.ts';

export const HouseCheck = z.object({
	t: z.literal('house.check'),
	seq: Seq,
	requestId: Id,
	/** The house it is for; absent while none has been made of it. */
	houseId: Id.optional(),
	/** A folder of the runner's machine, … */
	local: z.object({ path: text(1000) }).optional(),
	/** … or an address to fetch. Without a branch the runner takes the one the repository names. */
	repo: z.object({ url: text(500), branch: text(250).optional() }).optional()
});
export type HouseCheck = z.infer<typeof HouseCheck>;
