import { expect, test, vi } from 'vitest';
import { testApp } from '#server/testing/app.ts';
import { things } from '#server/trpc/testing/calls.ts';
import { restServer } from './testing/server.ts';

// Each test opens a whole server.
vi.setConfig({ testTimeout: 60_000 });

async function open() {
	const t = await testApp({ VILLAGE_MAX_SESSIONS: '1000' });
	return { t, rest: await restServer(t), bearer: await t.bearer('operator') };
}

const post = (body: unknown) => ({ body });

test('a wrong address, method, type, size or body is told apart, and changes nothing', async () => {
	const { t, rest, bearer } = await open();
	const { agentId, sessionId, approvalId } = await things(t);
	const start = `/api/agents/${agentId}/start`;
	const json = { 'content-type': 'application/json' };
	const cases: [string, string, Parameters<typeof rest.ask>[2], number, string][] = [
		['GET', '/api/nothing', {}, 404, 'NOT_FOUND'],
		['GET', '/api/agents/%ZZ/start', {}, 404, 'NOT_FOUND'],
		['GET', start, {}, 405, 'METHOD_NOT_ALLOWED'],
		['DELETE', '/api/sessions', {}, 405, 'METHOD_NOT_ALLOWED'],
		[
			'POST',
			start,
			{ body: 'x', headers: { 'content-type': 'text/plain' } },
			415,
			'UNSUPPORTED_MEDIA_TYPE'
		],
		['POST', start, { body: '{', headers: json }, 400, 'VALIDATION_ERROR'],
		['POST', start, { body: '', headers: json }, 400, 'VALIDATION_ERROR'],
		['POST', start, { body: '[]' }, 400, 'VALIDATION_ERROR'],
		['POST', start, { body: 'null' }, 400, 'VALIDATION_ERROR'],
		['POST', start, post({ unheardOf: 1 }), 400, 'VALIDATION_ERROR'],
		['POST', start, { body: '{"__proto__":{"isAdmin":true}}' }, 400, 'VALIDATION_ERROR'],
		['POST', start, post({ task: 'a\0b' }), 400, 'VALIDATION_ERROR'],
		['POST', start, { body: '{"task":"\\ud800"}' }, 400, 'VALIDATION_ERROR'],
		['POST', start, post({ task: 'x'.repeat(8001) }), 400, 'VALIDATION_ERROR'],
		['POST', start, post({ timeoutMinutes: 0 }), 400, 'VALIDATION_ERROR'],
		['POST', start, post({ timeoutMinutes: 121 }), 400, 'VALIDATION_ERROR'],
		['POST', start, post({ timeoutMinutes: 1.5 }), 400, 'VALIDATION_ERROR'],
		['POST', start, post({ providerId: 'foo' }), 400, 'INVALID_PROVIDER'],
		['POST', start, post({ providerId: 'custom' }), 400, 'VALIDATION_ERROR'],
		['POST', start, post({ command: 'ls' }), 400, 'VALIDATION_ERROR'],
		['POST', start, { body: `{"task":"${'x'.repeat(1_048_577)}"}` }, 413, 'PAYLOAD_TOO_LARGE'],
		['POST', `/api/agents/..%2f/start`, post({}), 400, 'VALIDATION_ERROR'],
		['POST', `/api/agents/${'x'.repeat(65)}/start`, post({}), 400, 'VALIDATION_ERROR'],
		['POST', `${start}?a=1`, post({}), 400, 'VALIDATION_ERROR'],
		['POST', `/api/agents/${agentId}/terminal/input`, post({ data: '' }), 400, 'VALIDATION_ERROR'],
		[
			'POST',
			`/api/agents/${agentId}/terminal/input`,
			post({ data: 'x' }),
			404,
			'NO_ACTIVE_SESSION'
		],
		[
			'POST',
			`/api/sessions/${sessionId}/approve`,
			post({ approvalId, decision: 'yes' }),
			400,
			'VALIDATION_ERROR'
		],
		['POST', `/api/sessions/${sessionId}/approve`, post({}), 400, 'VALIDATION_ERROR']
	];
	const before = await t.app.database.sql`select count(*) from audit_log`;
	for (const [method, path, options, status, code] of cases) {
		const answer = await rest.ask(method, path, { bearer, ...options });
		expect([method, path.slice(0, 80), answer.status, answer.body.error?.code]).toEqual([
			method,
			path.slice(0, 80),
			status,
			code
		]);
		expect(answer.body).toMatchObject({ success: false, meta: { requestId: expect.any(String) } });
		expect(answer.headers.get('cache-control')).toBe('no-store');
		if (code === 'VALIDATION_ERROR' && status === 400 && answer.body.error.details)
			expect(answer.body.error.details.issues[0]).toMatchObject({
				path: expect.any(String),
				message: expect.any(String)
			});
	}
	expect(await t.app.database.sql`select count(*) from audit_log`).toEqual(before);
	const allow = await rest.ask('PUT', '/api/sessions', { bearer });
	expect(allow.headers.get('allow')).toBe('GET, HEAD');
	const head = await rest.ask('HEAD', '/api/sessions', { bearer });
	expect([head.status, head.body]).toEqual([200, null]);
});

test('a page of another site can do nothing with the cookie of a login', async () => {
	const { t, rest } = await open();
	const { agentId } = await things(t);
	const { id } = await t.actor('owner');
	await t.app.database.sql`update users set is_service = false where id = ${id}`;
	const login = await t.app.auth.sessions.createSession(t.app.database.db, id, {
		ip: null,
		agent: null
	});
	const cookie = `av_login=${login.token}`;
	const path = `/api/agents/${agentId}/start`;
	const forged: Record<string, string>[] = [
		{ cookie },
		{ cookie, origin: 'https://evil.example' },
		{ cookie, origin: rest.url, 'content-type': 'text/plain' }
	];
	for (const headers of forged) {
		const answer = await rest.ask('POST', path, { body: '{}', headers });
		expect([answer.status, answer.body.error.code]).toEqual([403, 'CSRF']);
	}
	const own = await rest.ask('POST', path, { body: {}, headers: { cookie, origin: rest.url } });
	expect(own.body.data?.state ?? own.body.error).toBe('CREATED');
});
