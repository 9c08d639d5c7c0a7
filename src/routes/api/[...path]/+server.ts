import { AppError } from '#server/errors.ts';
import { failure } from '#server/http/envelope.ts';
import type { RequestHandler } from './$types';

/** Whatever has no route of its own below /api answers in the envelope. */
export const fallback: RequestHandler = ({ locals }) =>
	failure(new AppError('NOT_FOUND', 'There is no such route.'), locals.requestId);
