// Answers a request below `/api`: finds the route, checks what is asked, calls the service, wraps what it says.
import { ZodError } from 'zod';
import { headerReader } from '#server/auth/headers.ts';
import type { Actor } from '#server/auth/actor.ts';
import type { App } from '#server/app.ts';
import { AppError, isAppError } from '#server/errors.ts';
import { withLogContext } from '#server/log.ts';
import { packageVersion } from '#server/package-root.ts';
import { IdempotencyKey } from '#protocol/rest/envelope.ts';
import { failure, notAllowed, readBody, success } from '../envelope.ts';
import { openApi } from './openapi.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

export interface RestRequest {
	app: App;
	/** Null: nobody, or a credential that does not count. */
	actor: Actor | null;
	requestId: string;
	request: Request;
}

export const DESCRIPTION_PATH = '/api/openapi.json';

/** The description as text: it never changes while the program runs. */
let description: string | null = null;

/** Largest body, bytes. */
const MAX_BODY = 1_048_576;

/** Answers every request below `/api` that has no file of its own. Never throws. */
export async function answerRest(asked: RestRequest): Promise<Response> {
	const { requestId, request, app, actor } = asked;
	const startedAt = performance.now();
	const response = await withLogContext(
		{ requestId, ...(actor ? { userId: actor.id } : {}) },
		async () => {
			try {
				return await answer(asked, startedAt);
			} catch (error) {
				if (!isAppError(error) && !(error instanceof ZodError))
					app.log.error({ err: error, path: new URL(request.url).pathname }, 'request failed');
				return failure(error, requestId, startedAt);
			}
		}
	);
	if (request.method !== 'HEAD') return response;
	return new Response(null, { status: response.status, headers: response.headers });
}

async function answer(asked: RestRequest, startedAt: number): Promise<Response> {
	const { app, actor, requestId, request } = asked;
	const url = new URL(request.url);
	const method = request.method === 'HEAD' ? 'GET' : request.method;
	if (url.pathname === DESCRIPTION_PATH) {
		if (method !== 'GET') return notAllowed(requestId, ['GET', 'HEAD']);
		// It says nothing that the sources do not say, so nobody is asked who they are.
		description ??= JSON.stringify(openApi(packageVersion()));
		return new Response(description, {
			headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }
		});
	}
	const here = ROUTES.flatMap((route) => {
		const params = matched(route.path, url.pathname);
		return params ? [{ route, params }] : [];
	});
	if (here.length === 0) throw new AppError('NOT_FOUND', 'There is no such route.');
	const found = here.find(({ route }) => route.method === method);
	if (!found)
		return notAllowed(
			requestId,
			here.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]))
		);
	const { route } = found;
	if (!actor) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
	// A cookie travels by itself, so a write that comes with one must show that our page sent it.
	if (method !== 'GET' && !request.headers.has('authorization'))
		app.auth.origins.demandOwnWrite(headerReader(request.headers));
	const call = {
		app,
		actor,
		params: route.params?.parse(found.params) ?? {},
		query: queryOf(route, url),
		body: route.body ? await bodyOf(request, route) : undefined
	};
	const { data, replayed } = await route.run(call, keyOf(request, route));
	return success(data, requestId, startedAt, route.status ?? 200, replayed);
}

/** The parameters of an address that fits a path, or null. */
function matched(path: string, pathname: string): Record<string, string> | null {
	const wanted = path.split('/');
	const given = pathname.split('/');
	if (wanted.length !== given.length) return null;
	const params: Record<string, string> = {};
	for (const [i, part] of wanted.entries()) {
		const value = given[i]!;
		if (!part.startsWith('{')) {
			if (part !== value) return null;
			continue;
		}
		try {
			params[part.slice(1, -1)] = decodeURIComponent(value);
		} catch {
			return null;
		}
	}
	return params;
}

/** The query as the route's schema reads it: a name that is no list may stand once. */
function queryOf(route: Route, url: URL): unknown {
	const shape = route.query?.shape ?? {};
	const given: Record<string, unknown> = {};
	for (const name of new Set(url.searchParams.keys())) {
		const values = url.searchParams.getAll(name);
		const list = Object.hasOwn(shape, name) && takesList(shape[name]!);
		if (!list && values.length > 1)
			throw new AppError('VALIDATION_ERROR', `"${name}" may stand once.`, {
				issues: [{ path: name, message: 'May stand once.' }]
			});
		// Not by assignment: a name like __proto__ is refused as any other that nobody knows.
		Object.defineProperty(given, name, {
			value: list ? values : values[0],
			enumerable: true
		});
	}
	if (route.query) return route.query.parse(given);
	const [extra] = Object.keys(given);
	if (extra !== undefined)
		throw new AppError('VALIDATION_ERROR', 'This address takes no query.', {
			issues: [{ path: extra.slice(0, 100), message: 'Not known.' }]
		});
	return {};
}

function takesList(schema: unknown): boolean {
	const { type, innerType } = (schema as { def: { type: string; innerType?: unknown } }).def;
	return type === 'array' || (type === 'optional' && takesList(innerType));
}

/** The body; one that is not there at all is an empty one. */
async function bodyOf(request: Request, route: Route): Promise<unknown> {
	const nothing = request.body === null || request.headers.get('content-length') === '0';
	if (nothing && !request.headers.has('content-type')) return route.body!.parse({});
	return readBody(request, route.body!, MAX_BODY);
}

function keyOf(request: Request, route: Route): string | undefined {
	const key = request.headers.get('idempotency-key');
	if (key === null || !route.idempotent) return undefined;
	const parsed = IdempotencyKey.safeParse(key);
	if (parsed.success) return parsed.data;
	const message = parsed.error.issues[0]?.message ?? 'Not a key.';
	throw new AppError('VALIDATION_ERROR', message, {
		issues: [{ path: 'Idempotency-Key', message }]
	});
}
