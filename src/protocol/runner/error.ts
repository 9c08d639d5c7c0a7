// A complaint about a frame; nothing was changed by the frame it is about.
import { z } from 'zod';
import { Id, Seq, StreamId, text } from '../envelope.ts';

/** Codes we send; a peer may send others. */
export const WIRE_ERRORS = [
	'BAD_FRAME',
	'UNKNOWN_FRAME',
	'STALE_ATTEMPT',
	'FORBIDDEN',
	'RUNNER_NOT_FOUND',
	'VALIDATION_ERROR',
	'INVALID_STATE',
	'INTERNAL_ERROR'
] as const;
export type WireError = (typeof WIRE_ERRORS)[number];

export const ErrorFrame = z.object({
	t: z.literal('error'),
	code: text(64),
	message: text(1000),
	seq: Seq.optional(),
	streamId: StreamId.optional(),
	sessionId: Id.optional()
});
export type ErrorFrame = z.infer<typeof ErrorFrame>;
