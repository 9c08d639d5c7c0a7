// The envelope of every `/api` answer (control-plane.md 12), and turning failures into it.
import { ZodError, type z } from 'zod';
import { ERRORS } from '#protocol/errors.ts';
import { AppError, isAppError } from '#server/errors.ts';

/** `{success, data?, error?, meta}` with the request id and how long it took. */
export function success(
	data: unknown,
	requestId: string,
	startedAt: number,
	status = 200,
	replayed = false
): Response {
	return Response.json(
		{
			success: true,
			data,
			meta: { ...meta(requestId, startedAt), ...(replayed ? { replayed: true } : {}) }
		},
		{
			status,
			headers: {
				'cache-control': 'private, no-store',
				...(replayed ? { 'idempotency-status': 'reused' } : {})
			}
		}
	);
}

/** The same for a failure; what is not known answers `INTERNAL_ERROR` without a word of what it was. */
export function failure(
	error: unknown,
	requestId: string,
	startedAt = performance.now()
): Response {
	const known = isAppError(error)
		? error
		: error instanceof ZodError
			? new AppError('VALIDATION_ERROR', error.issues[0]?.message ?? 'The body is not valid.', {
					issues: error.issues.map((i) => ({ path: i.path.join('.'), message: i.message }))
				})
			: new AppError(
					'INTERNAL_ERROR',
					'Something went wrong on the server. The request id finds it in the log.'
				);
	const { status } = ERRORS[known.code];
	const retryAfterMs = known.details?.retryAfterMs;
	return Response.json(
		{
			success: false,
			error: {
				code: known.code,
				message: known.message,
				...(known.details ? { details: known.details } : {})
			},
			meta: meta(requestId, startedAt)
		},
		{
			status,
			headers: {
				'cache-control': 'no-store',
				// The rest of the body is never read, so this connection carries no further request.
				...(status === 413 ? { connection: 'close' } : {}),
				...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
				...(typeof retryAfterMs === 'number'
					? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
					: {})
			}
		}
	);
}

function meta(requestId: string, startedAt: number) {
	return {
		requestId,
		timestamp: new Date().toISOString(),
		duration: Math.round((performance.now() - startedAt) * 10) / 10
	};
}

/**
 * Reads a JSON body of at most `maxBytes`. Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE`, `VALIDATION_ERROR`.
 */
export async function readBody<T>(
	request: Request,
	schema: z.ZodType<T>,
	maxBytes = 1_048_576
): Promise<T> {
	const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
	if (type !== 'application/json')
		throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send application/json.');
	const bytes = await readBytes(request, maxBytes);
	let value: unknown;
	try {
		value = JSON.parse(bytes.toString('utf8'));
	} catch {
		throw new AppError('VALIDATION_ERROR', 'The body is not JSON.');
	}
	return schema.parse(value);
}

/**
 * Reads a body of at most `maxBytes`, whether or not its length was announced. Throws `PAYLOAD_TOO_LARGE` as soon as
 * it is known to be longer.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
	const tooLarge = () => new AppError('PAYLOAD_TOO_LARGE', `At most ${maxBytes} bytes.`);
	if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of request.body ?? []) {
		size += chunk.length;
		if (size > maxBytes) throw tooLarge();
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** The answer to a method that a route does not have. */
export function notAllowed(requestId: string, allow: readonly string[]): Response {
	const response = failure(
		new AppError('METHOD_NOT_ALLOWED', `This address takes ${allow.join(' and ')}.`),
		requestId
	);
	response.headers.set('allow', allow.join(', '));
	return response;
}
