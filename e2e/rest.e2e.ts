// REST as a job in continuous integration uses it: on the production entry, with a real runner and a real process.
import { expect, reaches, test } from './fixtures.ts';
import { createToken } from './village.ts';

test('a job starts an agent with curl’s means, waits for it and fetches what it printed', async ({
	home
}) => {
	const { url, dataDir } = home.village;
	const authorization = `Bearer ${createToken(dataDir, 'operator')}`;
	const call = async (method: string, path: string, body?: unknown, headers = {}) => {
		const answer = await fetch(url + path, {
			method,
			headers: { authorization, 'content-type': 'application/json', ...headers },
			...(body === undefined ? {} : { body: JSON.stringify(body) })
		});
		return { status: answer.status, headers: answer.headers, text: await answer.text() };
	};
	const first = await home.api.sessions.create.mutate({
		orgId: home.orgId,
		providerId: 'custom',
		command: 'true'
	});
	await reaches(home, first.id, 'COMPLETED');
	const started = await call(
		'POST',
		`/api/agents/${first.agentId}/start`,
		{ command: 'echo from the job' },
		{ 'x-request-id': 'job-17', 'idempotency-key': 'job-17' }
	);
	expect(started.status).toBe(200);
	expect(started.headers.get('x-request-id')).toBe('job-17');
	expect(started.headers.get('x-content-type-options')).toBe('nosniff');
	expect(started.headers.get('cache-control')).toContain('no-store');
	const { data, meta } = JSON.parse(started.text);
	expect(meta.requestId).toBe('job-17');
	await expect
		.poll(
			async () => JSON.parse((await call('GET', `/api/sessions/${data.sessionId}`)).text).data.state
		)
		.toBe('COMPLETED');
	const transcript = await call('GET', `/api/sessions/${data.sessionId}/transcript?format=txt`);
	expect(transcript.text).toContain('from the job');

	const nobody = await fetch(`${url}/api/sessions`);
	expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
	expect((await fetch(`${url}/api/sessions?token=x`)).status).toBe(400);
	const wrong = await call('DELETE', `/api/sessions/${data.sessionId}`);
	expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
	expect((await call('GET', '/api/nothing')).status).toBe(404);
	const description = JSON.parse((await call('GET', '/api/openapi.json')).text);
	expect(description.paths).toHaveProperty('/api/agents/{agentId}/start');
	expect((await call('HEAD', '/api/runners')).text).toBe('');
});
