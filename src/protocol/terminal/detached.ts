// Server → browser: nothing more comes on this stream.
import { z } from 'zod';
import { text } from '../envelope.ts';
import { Stream } from './fields.ts';

export const Detached = z.object({
	t: z.literal('detached'),
	stream: Stream,
	/** `asked`: the answer to `detach`. `SESSION_NOT_FOUND`: the right to look was lost. `SESSION_DATA_EXPIRED`: the bytes were deleted. */
	code: z.enum(['asked', 'SESSION_NOT_FOUND', 'SESSION_DATA_EXPIRED']),
	message: text(300)
});
export type Detached = z.infer<typeof Detached>;
