import { Readable } from 'node:stream';
import { z } from 'zod';
import { isId } from '#domain/ids.ts';
import { missing } from '#server/auth/actor.ts';
import { AppError } from '#server/errors.ts';
import { failure, notAllowed } from '#server/http/envelope.ts';
import type { RequestHandler } from './$types';

const Format = z.enum(['cast', 'txt', 'raw']);
const TYPES = {
	cast: 'application/x-asciicast',
	txt: 'text/plain; charset=utf-8',
	raw: 'application/octet-stream'
} as const;

/** The whole transcript: asciicast v2, plain text, or the bytes themselves. */
export const GET: RequestHandler = async ({ locals, params, url }) => {
	const { app, actor, requestId } = locals;
	try {
		if (!actor) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
		const format = Format.parse(url.searchParams.get('format') ?? 'cast');
		if (!isId(params.sessionId)) throw missing('SESSION_NOT_FOUND');
		const session = await app.sessions.get(actor, params.sessionId);
		if (session.dataExpired)
			throw new AppError(
				'SESSION_DATA_EXPIRED',
				'The transcript of this session was deleted after its time.'
			);
		const { terminals } = app;
		const source =
			format === 'cast'
				? terminals.asciicast(
						session.id,
						`${session.agentName}: ${session.taskSummary || session.providerId}`
					)
				: format === 'txt'
					? terminals.plainText(session.id)
					: terminals.raw(session.id);
		return new Response(Readable.toWeb(Readable.from(source)) as ReadableStream, {
			headers: {
				'content-type': TYPES[format],
				'content-disposition': `attachment; filename="session-${session.id}.${format === 'raw' ? 'bin' : format}"`,
				'cache-control': 'private, no-store'
			}
		});
	} catch (error) {
		return failure(error, requestId);
	}
};

export const fallback: RequestHandler = ({ locals }) =>
	notAllowed(locals.requestId, ['GET', 'HEAD']);
