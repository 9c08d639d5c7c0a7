import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test, vi } from 'vitest';
import { testApp } from '#server/testing/app.ts';
import { ELSEWHERE } from './elsewhere.ts';
import { ROUTES } from './routes.ts';
import { restServer } from './testing/server.ts';

vi.setConfig({ testTimeout: 60_000 });

test('the OpenAPI description has every route, by table and by file', async () => {
	const rest = await restServer(await testApp());
	const answer = await rest.ask('GET', '/api/openapi.json');
	expect(answer.status).toBe(200);
	expect(answer.body.openapi).toBe('3.1.0');
	const described = Object.entries(answer.body.paths as Record<string, object>).flatMap(
		([path, operations]) => Object.keys(operations).map((m) => `${m.toUpperCase()} ${path}`)
	);
	const table = [...ROUTES, ...ELSEWHERE].map(({ method, path }) => `${method} ${path}`);
	expect(described.toSorted()).toEqual(table.toSorted());
	const files = readdirSync('src/routes/api', { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('+server.ts'))
		.map((file) => `/api/${dirname(file).replaceAll('\\', '/')}`)
		.filter((path) => !path.includes('[...'))
		.map((path) => path.replaceAll(/\[(\w+)\]/g, '{$1}'));
	expect(files.toSorted()).toEqual(ELSEWHERE.map(({ path }) => path).toSorted());
	// Every reference leads somewhere, and nothing was left out of a schema because it has no word in JSON.
	const text = JSON.stringify(answer.body);
	for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
		expect(answer.body.components.schemas).toHaveProperty(name!);
	const start = answer.body.paths['/api/agents/{agentId}/start'].post;
	expect(start.parameters.map((p: { name: string }) => p.name)).toEqual([
		'agentId',
		'Idempotency-Key'
	]);
	expect(Object.keys(start.requestBody.content['application/json'].schema.properties)).toContain(
		'repoId'
	);
});
