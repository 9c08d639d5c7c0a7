// What happens to every HTTP request: an id, a person, and tRPC in front of the pages.
import { randomUUID } from 'node:crypto';
import type { Handle, HandleServerError } from '@sveltejs/kit';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { isId } from '#domain/ids.ts';
import { headerReader } from '#server/auth/headers.ts';
import { theApp } from '#server/boot.ts';
import { AppError, isAppError } from '#server/errors.ts';
import { currentRequestId, withLogContext } from '#server/log.ts';
import { appRouter, createCaller } from '#server/trpc/router.ts';
import { MAX_BATCH } from '#server/trpc/trpc.ts';
import { failure, notAllowed, readBytes } from './envelope.ts';

const SECRET_PARAMETERS = ['token', 'access_token', 'auth', 'key'];
/** Largest body of a tRPC call; the largest input is a session's environment and task. */
const MAX_TRPC_BODY = 1_048_576;
const METHODS = ['GET', 'POST'];

/** Gives the request an id, refuses secrets in the address, and sets the headers every answer has. */
export const context: Handle = ({ event, resolve }) => {
	const offered = event.request.headers.get('x-request-id');
	const requestId = offered && isId(offered) ? offered : randomUUID();
	event.locals.requestId = requestId;
	event.locals.app = theApp();
	return withLogContext({ requestId }, async () => {
		const bad = SECRET_PARAMETERS.find((name) => event.url.searchParams.has(name));
		const response = bad
			? failure(
					new AppError(
						'TOKEN_IN_URL',
						`Send "${bad}" in the Authorization header, never in an address.`
					),
					requestId
				)
			: await resolve(event);
		response.headers.set('x-request-id', requestId);
		response.headers.set('x-content-type-options', 'nosniff');
		response.headers.set('referrer-policy', 'same-origin');
		response.headers.set('x-frame-options', 'DENY');
		return response;
	});
};

/** Finds out who asks, once, for pages, tRPC and REST alike. */
export const session: Handle = async ({ event, resolve }) => {
	const { app, requestId } = event.locals;
	const { pathname } = event.url;
	const transport = pathname.startsWith('/trpc')
		? 'trpc'
		: pathname.startsWith('/api/')
			? 'rest'
			: 'web';
	event.locals.actor = await app.auth.actorFromRequest({
		header: headerReader(event.request.headers),
		cookieAllowed: true,
		transport,
		ip: addressOf(event)
	});
	event.locals.caller = createCaller({ app, actor: event.locals.actor, requestId });
	const response = await resolve(event);
	if (
		event.locals.actor &&
		!response.headers.has('cache-control') &&
		!pathname.startsWith('/_app/')
	)
		response.headers.set('cache-control', 'private, no-store');
	return response;
};

/** tRPC over HTTP; its socket is a door of its own. */
export const trpc: Handle = async ({ event, resolve }) => {
	if (event.url.pathname !== '/trpc' && !event.url.pathname.startsWith('/trpc/'))
		return resolve(event);
	const { app, actor, requestId } = event.locals;
	const { request } = event;
	const header = headerReader(request.headers);
	try {
		// A cookie travels by itself, so a write that comes with one must show that our page sent it.
		if (request.method !== 'GET' && !request.headers.has('authorization') && actor)
			app.auth.origins.demandOwnWrite(header);
		if (!METHODS.includes(request.method)) return notAllowed(requestId, METHODS);
		return await fetchRequestHandler({
			endpoint: '/trpc',
			req: await whole(request),
			router: appRouter,
			createContext: () => ({ app, actor, requestId }),
			maxBatchSize: MAX_BATCH,
			responseMeta: () => ({ headers: { 'cache-control': 'private, no-store' } })
		});
	} catch (error) {
		return failure(error, requestId);
	}
};

/** The request with its body in hand: a length that nobody announced is bounded like any other. */
async function whole(request: Request): Promise<Request> {
	if (request.method !== 'POST' || !request.body) return request;
	const { method, headers, signal } = request;
	const body = await readBytes(request, MAX_TRPC_BODY);
	return new Request(request.url, { method, headers, signal, body: new Uint8Array(body) });
}

/** The last word on what nobody expected: logged once, told with the request id. */
export const report: HandleServerError = ({ error, event, status, message }) => {
	if (isAppError(error))
		return { message: error.message, code: error.code, requestId: event.locals.requestId };
	if (status !== 404)
		event.locals.app?.log.error({ err: error, path: event.url.pathname }, 'request failed');
	return {
		message: status === 404 ? 'There is nothing at this address.' : message,
		requestId: currentRequestId() ?? event.locals.requestId
	};
};

function addressOf(event: Parameters<Handle>[0]['event']): string | null {
	try {
		return event.getClientAddress();
	} catch {
		return null;
	}
}
