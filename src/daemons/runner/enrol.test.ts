import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { joinVillage, villageUrl } from './enrol.ts';

async function village(answer: { status: number; body: string }) {
	const seen: { url?: string; authorization?: string; body: string }[] = [];
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk) => (body += chunk));
		request.on('end', () => {
			seen.push({
				url: request.url ?? '',
				authorization: request.headers.authorization ?? '',
				body
			});
			response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void server.close());
	return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), seen };
}

const about = { runnerVersion: '0.1.0', capacity: 2 };

test('a code is exchanged for a credential; it travels in a header, never in the address', async () => {
	const data = { runnerId: 'r-1', credential: 'avr_r-1_x', wsUrl: 'ws://127.0.0.1/ws/runner' };
	const { url, seen } = await village({
		status: 201,
		body: JSON.stringify({ success: true, data, error: null, meta: {} })
	});
	expect(await joinVillage(url, 'avj_1_code', about)).toEqual(data);
	expect(seen[0]).toMatchObject({ url: '/api/runners/join', authorization: 'Bearer avj_1_code' });
	expect(JSON.parse(seen[0]!.body)).toMatchObject({ runnerVersion: '0.1.0', capacity: 2 });
});

test("a refusal is told with the server's own code", async () => {
	const error = { code: 'JOIN_TOKEN_INVALID', message: 'This code is not valid.' };
	const { url } = await village({
		status: 401,
		body: JSON.stringify({ success: false, data: null, error, meta: {} })
	});
	await expect(joinVillage(url, 'avj_1_code', about)).rejects.toMatchObject(error);
});

test.each(['<html>', '{}', '{"success":true,"data":{"runnerId":"x"}}'])(
	'an answer that is none (%s) is not taken for one',
	async (body) => {
		const { url } = await village({ status: 200, body });
		await expect(joinVillage(url, 'c', about)).rejects.toMatchObject({ code: 'NOT_A_VILLAGE' });
	}
);

test('a server that is not there is told so', async () => {
	await expect(joinVillage(new URL('http://127.0.0.1:1'), 'c', about)).rejects.toMatchObject({
		code: 'UNREACHABLE'
	});
});

test('an address is a host, with or without a scheme, and nothing that holds a secret', () => {
	expect(villageUrl('village.example.org/x').href).toBe('https://village.example.org/');
	expect(villageUrl('http://10.0.0.1:3000').href).toBe('http://10.0.0.1:3000/');
	for (const bad of ['ftp://a', 'https://u:p@a', 'http://'])
		expect(() => villageUrl(bad)).toThrow(expect.objectContaining({ code: 'BAD_URL' }));
});
