// What every answer below `/api` is wrapped in (control-plane.md 12).
import { z } from 'zod';
import { Time } from '../envelope.ts';

export const Meta = z.object({
	requestId: z.string().meta({ description: "The caller's X-Request-Id when it is a valid id." }),
	timestamp: Time,
	duration: z.number().min(0).meta({ description: 'Milliseconds.' }),
	replayed: z
		.literal(true)
		.optional()
		.meta({ description: 'The first answer to the same Idempotency-Key, again.' })
});
export type Meta = z.infer<typeof Meta>;

export const Failure = z.object({
	success: z.literal(false),
	error: z.object({
		code: z.string().meta({ description: 'One of the codes of docs/protocol.md.' }),
		message: z.string(),
		details: z.record(z.string(), z.unknown()).optional()
	}),
	meta: Meta
});
export type Failure = z.infer<typeof Failure>;

/** A good answer with `data` of that shape. */
export function success<T extends z.ZodType>(data: T) {
	return z.object({ success: z.literal(true), data, meta: Meta });
}

/** What a program gets from any route: `success` tells which. */
export type ApiResponse<T> = { success: true; data: T; meta: Meta } | Failure;

/** A caller's word for one write: repeated with the same body within a day, it gives the first answer again. */
export const IdempotencyKey = z
	.string()
	.min(1)
	.max(100)
	.regex(/^[\x20-\x7e]+$/, 'Printable ASCII, at most 100 characters.');
