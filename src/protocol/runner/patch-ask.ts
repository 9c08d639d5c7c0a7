// What has a session changed in this file?
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const PatchAsk = z.object({
	t: z.literal('patch_ask'),
	requestId: Id,
	...sessionRef,
	/** Below the workspace, with `/`; taken as it is, never as a pattern. */
	path: text(4096)
});
export type PatchAsk = z.infer<typeof PatchAsk>;
