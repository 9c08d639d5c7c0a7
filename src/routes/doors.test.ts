// The HTTP doors as a stranger meets them: tRPC, REST and the forms before sign-in, over a real server.
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { RequestEvent } from '@sveltejs/kit';
import * as devalue from 'devalue';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { App } from '#server/app.ts';
import { context, session, trpc } from '#server/http/hooks.ts';
import { testApp, type TestApp } from '#server/testing/app.ts';
import * as anyApi from './api/[...path]/+server.ts';
import * as join from './api/runners/join/+server.ts';
import * as transcript from './api/sessions/[sessionId]/transcript/+server.ts';
import { actions as invite } from './(auth)/invite/[code]/+page.server.ts';
import { actions as login } from './(auth)/login/+page.server.ts';
import { actions as signIn } from './(auth)/sign-in/[code]/+page.server.ts';
import * as metrics from './metrics/+server.ts';

const held = vi.hoisted(() => ({ app: null as unknown }));
vi.mock('#server/boot.ts', () => ({ theApp: () => held.app as App }));

type Handler = (event: never) => Response | Promise<Response>;

function route(event: RequestEvent): Response | Promise<Response> {
	const { pathname } = event.url;
	const found = /^\/api\/sessions\/([^/]+)\/transcript$/.exec(pathname);
	if (found) event.params = { sessionId: decodeURIComponent(found[1]!) };
	const module = (
		found
			? transcript
			: pathname === '/api/runners/join'
				? join
				: pathname === '/metrics'
					? metrics
					: anyApi
	) as Record<string, Handler>;
	const handler = module[event.request.method] ?? module.fallback!;
	return handler(event as never);
}

/** Serves the hooks and the REST routes as the production server does. */
async function serve(t: TestApp): Promise<string> {
	held.app = t.app;
	const server = createServer((request, response) => {
		const url = new URL(request.url!, `http://${request.headers.host}`);
		const body =
			request.method === 'GET' || request.method === 'HEAD' ? null : Readable.toWeb(request);
		const event = {
			request: new Request(url, {
				method: request.method!,
				headers: request.headers as Record<string, string>,
				body: body as never,
				duplex: 'half'
			} as RequestInit),
			url,
			locals: {},
			params: {},
			getClientAddress: () => '127.0.0.1'
		} as unknown as RequestEvent;
		const answer = Promise.resolve(
			context({
				event,
				resolve: (a) =>
					session({ event: a, resolve: (b) => trpc({ event: b, resolve: (c) => route(c) }) })
			})
		);
		answer
			.then(async (given) => {
				response.writeHead(given.status, Object.fromEntries(given.headers));
				if (given.body) await pipeline(Readable.fromWeb(given.body as WebStream), response);
				else response.end();
			})
			.catch(() => response.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const wire = (input: unknown) => JSON.stringify(devalue.stringify(input));

interface Told {
	status: number;
	code: string;
	headers: Headers;
}

/** What an answer says, in tRPC's envelope or ours. */
async function told(response: Response): Promise<Told> {
	const body = (await response.json()) as { error?: unknown };
	const error = (typeof body.error === 'string' ? devalue.parse(body.error) : body.error) as
		{ code?: string; data?: { appCode: string } } | undefined;
	return {
		status: response.status,
		code: error?.data?.appCode ?? String(error?.code ?? 'ok'),
		headers: response.headers
	};
}

test('what is no call of ours is refused with a typed error, and changes nothing', async () => {
	const t = await testApp();
	const base = await serve(t);
	const authorization = await t.bearer('owner');
	const json = { authorization, 'content-type': 'application/json' };
	const rename = (body: BodyInit, headers: Record<string, string> = json) =>
		fetch(`${base}/trpc/orgs.rename`, { method: 'POST', headers, body }).then(told);
	const { orgId } = t;
	const invalid = { status: 400, code: 'VALIDATION_ERROR' };
	for (const body of [
		'{',
		'nonsense',
		'[]',
		'""',
		'"[[0]]"',
		'"[{\\"__proto__\\":1},1]"',
		wire({ orgId }),
		wire({ orgId: 5, name: 'x' }),
		wire({ orgId, name: 'x', unheardOf: 1 }),
		wire({ orgId, name: 'a\0b' }),
		JSON.stringify(`[{"orgId":1,"name":2},"${orgId}","\\ud800"]`),
		JSON.stringify(`[${Array.from({ length: 50_000 }, (_, i) => `[${i + 1}]`).join(',')},1]`),
		'['.repeat(100_000)
	])
		expect([body.slice(0, 60), await rename(body)]).toMatchObject([body.slice(0, 60), invalid]);
	expect(await rename(wire({ orgId, name: 'x' }), { authorization })).toMatchObject({
		status: 415
	});
	expect(await rename('x'.repeat(1_048_577))).toMatchObject({
		status: 413,
		code: 'PAYLOAD_TOO_LARGE'
	});
	const put = await fetch(`${base}/trpc/orgs.rename`, { method: 'PUT', headers: json, body: '{}' });
	expect(await told(put)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
	expect(put.headers.get('allow')).toBe('GET, POST');
	const get = await fetch(
		`${base}/trpc/orgs.rename?input=${encodeURIComponent(wire({ orgId, name: 'x' }))}`,
		{ headers: json }
	);
	expect(await told(get)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
	expect(get.headers.get('allow')).toBe('POST');
	expect(await told(await fetch(`${base}/trpc/no.such`, { headers: json }))).toMatchObject({
		status: 404,
		code: 'NOT_FOUND'
	});
	const many = Array.from({ length: 51 }, () => 'orgs.list').join(',');
	const batch = await fetch(`${base}/trpc/${many}?batch=1&input=%7B%7D`, { headers: json });
	expect(batch.status).toBe(400);
	for (const name of ['token', 'access_token', 'auth', 'key']) {
		const response = await fetch(`${base}/trpc/orgs.list?${name}=avu_secret`, { headers: json });
		expect(await told(response)).toMatchObject({ status: 400, code: 'TOKEN_IN_URL' });
		expect(response.headers.get('x-content-type-options')).toBe('nosniff');
	}
	const [org] = await t.app.database.sql`select name from orgs where id = ${orgId}`;
	expect(org!.name).toBe('My village');
	const fine = await rename(wire({ orgId, name: 'Renamed' }));
	expect(fine).toMatchObject({ status: 200, code: 'ok' });
	expect(fine.headers.get('cache-control')).toBe('private, no-store');
});

test('a body whose length nobody announced is cut off where an announced one is', async () => {
	const t = await testApp();
	const base = await serve(t);
	const authorization = await t.bearer('owner');
	for (const [path, limit] of [
		['/trpc/orgs.rename', 1_048_576],
		['/api/runners/join', 65_536]
	] as const) {
		const sent = { bytes: 0 };
		const status = await new Promise<number>((resolve, reject) => {
			const request = httpRequest(`${base}${path}`, {
				method: 'POST',
				headers: { authorization, 'content-type': 'application/json' }
			});
			request.once('response', (response) => {
				resolve(response.statusCode!);
				response.destroy();
			});
			request.once('error', reject);
			const pour = () => {
				while (!request.destroyed && sent.bytes < 50_000_000) {
					sent.bytes += 65_536;
					if (!request.write(Buffer.alloc(65_536, 32))) return request.once('drain', pour);
				}
				return request.end();
			};
			pour();
		});
		expect([path, status]).toEqual([path, 413]);
		// What the kernel holds may be on its way already; the rest of the flood never is.
		expect(sent.bytes).toBeLessThan(limit + 20_000_000);
	}
});

test('a write with a cookie counts only from our own pages, as JSON', async () => {
	const t = await testApp();
	const base = await serve(t);
	const { host, origin } = new URL(base);
	const link = await t.app.auth.loginLink();
	const owner = await t.app.orgs.setup(link.url.split('/').at(-1)!, { name: 'Ada' }, CLIENT);
	const made = t.app.auth.sessions.sessionCookie(owner.token, false);
	const cookie = `${made.name}=${made.value}`;
	const body = wire({ name: 'Grace' });
	const update = (headers: Record<string, string>, method = 'POST') =>
		fetch(`${base}/trpc/account.update`, {
			method,
			headers: { cookie, 'content-type': 'application/json', ...headers },
			body
		}).then(told);
	const csrf = { status: 403, code: 'CSRF' };
	expect(await update({})).toMatchObject(csrf);
	for (const foreign of [
		'https://evil.example',
		'null',
		`http://evil.example:${host.split(':')[1]}`,
		`https://${host}`,
		`${origin}.evil.example`,
		'http://127.0.0.1:1'
	])
		expect([foreign, await update({ origin: foreign })]).toMatchObject([foreign, csrf]);
	for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
		expect(await update({ origin, 'content-type': type })).toMatchObject(csrf);
	const people = await t.app.database.sql`select name from users where not is_service`;
	expect(people.map((row) => row.name)).toEqual(['Ada']);
	expect(await update({ origin })).toMatchObject({ status: 200, code: 'ok' });
	expect(await update({ origin, authorization: 'Bearer avu_nonsense' })).toMatchObject({
		status: 401
	});
});

test('REST answers in the envelope, whatever it is asked', async () => {
	const t = await testApp();
	const base = await serve(t);
	const authorization = await t.bearer('viewer');
	const ask = (path: string, init: RequestInit = {}) => fetch(`${base}${path}`, init).then(told);
	expect(await ask('/api/nothing')).toMatchObject({ status: 404, code: 'NOT_FOUND' });
	const gone = await ask('/api/runners/join');
	expect(gone).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
	expect(gone.headers.get('allow')).toBe('POST');
	const wrong = await ask('/api/sessions/x/transcript', { method: 'DELETE' });
	expect(wrong).toMatchObject({ status: 405 });
	expect(wrong.headers.get('allow')).toBe('GET, HEAD');
	const nobody = await ask('/api/sessions/x/transcript');
	expect(nobody).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
	expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
	for (const id of ['x', '%00', '..%2F..', "'--", 'y'.repeat(500)]) {
		const response = await ask(`/api/sessions/${id}/transcript`, { headers: { authorization } });
		expect([id, response.status, response.code]).toEqual([id, 404, 'SESSION_NOT_FOUND']);
	}
	expect(
		await ask('/api/sessions/x/transcript?format=exe', { headers: { authorization } })
	).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' });
	const facts = { hostname: 'h', os: 'linux', arch: 'x64', runnerVersion: '1' };
	const enrol = (body: unknown, headers: Record<string, string> = {}) =>
		ask('/api/runners/join', {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: typeof body === 'string' ? body : JSON.stringify(body)
		});
	for (const body of [
		'{',
		'[]',
		'null',
		{ ...facts, unheardOf: 1 },
		{ ...facts, hostname: 'a\0b' },
		{ ...facts, os: '\ud800' },
		{ ...facts, capacity: 0 },
		{ ...facts, capacity: 1e9 },
		{ ...facts, metadata: { 'a\0': 'x' } },
		{ ...facts, metadata: { a: 'x\0' } }
	])
		expect([body, await enrol(body)]).toMatchObject([
			body,
			{ status: 400, code: 'VALIDATION_ERROR' }
		]);
	expect(await enrol(facts, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
	for (const bearer of [
		'',
		'Bearer x',
		`Bearer avj_${'0'.repeat(36)}_${'A'.repeat(43)}`,
		authorization
	])
		expect(await enrol(facts, { authorization: bearer })).toMatchObject({
			status: 401,
			code: 'JOIN_TOKEN_INVALID'
		});
	const metric = await fetch(`${base}/metrics`, { headers: { 'x-forwarded-for': '10.0.0.1' } });
	expect(metric.status).toBe(401);
});

test('of many machines with one join code exactly one joins', async () => {
	const t = await testApp();
	const base = await serve(t);
	const owner = await t.caller('owner');
	const { joinToken } = await owner.runners.createJoinToken({ orgId: t.orgId });
	const answers = await Promise.all(
		Array.from({ length: 8 }, () =>
			fetch(`${base}/api/runners/join`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', authorization: `Bearer ${joinToken}` },
				body: JSON.stringify({ hostname: 'h', os: 'linux', arch: 'x64', runnerVersion: '1' })
			}).then((response) => response.status)
		)
	);
	expect(answers.toSorted()).toEqual([201, ...Array<number>(7).fill(401)]);
	expect(await owner.runners.list({ orgId: t.orgId })).toHaveLength(1);
});

const CLIENT = { ip: null, agent: null };

test('the forms before sign-in answer odd text with words, never with a fault', async () => {
	const t = await testApp();
	const link = await t.app.auth.loginLink();
	const code = link.url.split('/').at(-1)!;
	const event = (fields: Record<string, string | Blob>, params: Record<string, string> = {}) => {
		const form = new FormData();
		for (const [name, value] of Object.entries(fields)) form.set(name, value);
		return {
			request: { formData: () => Promise.resolve(form), headers: new Headers() },
			locals: { app: t.app, actor: null },
			url: new URL('http://127.0.0.1/login?next=//evil.example'),
			params,
			getClientAddress: () => `127.0.0.${Math.floor(Math.random() * 200)}`,
			cookies: { set: () => {} }
		} as never;
	};
	const odd = ['', 'a\0b@example.org', '\ud800', 'x'.repeat(10_000), new Blob(['x'])];
	for (const value of odd) {
		const failed = await login.default!(event({ email: value, password: value }));
		expect(failed).toMatchObject({ status: 401 });
	}
	for (const name of ['', '   ', 'a\0b'])
		expect(await signIn.setUp!(event({ name }, { code }))).toMatchObject({ status: 400 });
	for (const bad of ['', '\0', '..', 'A'.repeat(43), 'x'.repeat(10_000)]) {
		expect(await signIn.setUp!(event({ name: 'Ada' }, { code: bad }))).toMatchObject({
			status: 410
		});
		expect(await invite.join!(event({ name: 'Ada' }, { code: bad }))).toMatchObject({
			status: 410
		});
	}
	const owner = await t.caller('owner');
	const { url } = await owner.orgs.invite({ orgId: t.orgId, role: 'viewer' });
	const account = { name: 'Grace', email: 'grace@example.org', password: 'correct horse battery' };
	for (const wrong of [
		{ name: '\0' },
		{ email: 'nobody' },
		{ email: 'a\0@example.org' },
		{ password: 'short' },
		{ password: 'x'.repeat(1000) }
	])
		expect(
			await invite.join!(event({ ...account, ...wrong }, { code: url.split('/').at(-1)! }))
		).toMatchObject({ status: 400 });
	await expect(
		(async () => invite.join!(event(account, { code: url.split('/').at(-1)! })))()
	).rejects.toMatchObject({ status: 303, location: '/village' });
	await expect(
		(async () => signIn.setUp!(event({ name: 'Ada' }, { code })))()
	).rejects.toMatchObject({ status: 303, location: '/village' });
});
