// The runner does not run this attempt, and why.
import { z } from 'zod';
import { Seq, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

export const REJECTIONS = [
	'no_capacity',
	'no_provider',
	'no_build',
	'auth_missing',
	'bad_spec',
	'workspace',
	'stale',
	'internal'
] as const;
export type Rejection = (typeof REJECTIONS)[number];

export const SessionRejected = z.object({
	t: z.literal('session.rejected'),
	seq: Seq,
	...sessionRef,
	code: z.enum(REJECTIONS),
	message: text(1000),
	/** Whether another runner, or this one later, may do better. */
	retryable: z.boolean()
});
export type SessionRejected = z.infer<typeof SessionRejected>;
