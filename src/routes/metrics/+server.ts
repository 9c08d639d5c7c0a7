import { timingSafeEqual } from 'node:crypto';
import { isLoopback } from '#server/auth/origin.ts';
import { AppError } from '#server/errors.ts';
import { failure } from '#server/http/envelope.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals, request, getClientAddress }) => {
	const { app } = locals;
	// Behind a proxy on this machine everybody looks local; then only the token counts.
	const direct = !request.headers.has('x-forwarded-for') && !request.headers.has('forwarded');
	const local = direct && isLoopback(getClientAddress().replace(/^::ffff:/, ''));
	if (!local && !sameToken(request.headers.get('authorization'), app.config.metricsToken))
		return failure(
			new AppError(
				'UNAUTHENTICATED',
				'Metrics are for this machine, or for the bearer of VILLAGE_METRICS_TOKEN.'
			),
			locals.requestId
		);
	return new Response(await app.metrics.registry.metrics(), {
		headers: { 'content-type': app.metrics.registry.contentType }
	});
};

function sameToken(header: string | null, token: string | null): boolean {
	if (!token || !header) return false;
	const given = Buffer.from(header);
	const wanted = Buffer.from(`Bearer ${token}`);
	return given.length === wanted.length && timingSafeEqual(given, wanted);
}
