import { expect, test } from 'vitest';
import { headerReader } from './headers.ts';
import { baseUrl, createOrigins } from './origin.ts';

const local = createOrigins({ publicUrl: null, allowedOrigins: ['https://tools.example.org'] });
const behind = createOrigins({ publicUrl: 'https://village.example.org/', allowedOrigins: [] });

test('the names of this machine stand for each other when the port is the same', () => {
	for (const name of ['localhost', '127.0.0.1', '[::1]'])
		for (const host of ['localhost', '127.0.0.1', '[::1]']) {
			expect(local.allowed(`http://${name}:3000`, `${host}:3000`)).toBe(true);
			expect(local.allowed(`http://${name}:5173`, `${host}:3000`)).toBe(false);
			expect(local.allowed(`https://${name}:3000`, `${host}:3000`)).toBe(false);
		}
});

test('a foreign page is not ours, however it writes its name', () => {
	for (const origin of [
		'http://evil.example',
		'http://localhost.evil.example:3000',
		'http://127.0.0.1.evil.example:3000',
		'http://localhost:3000@evil.example',
		'null',
		'',
		'file://',
		'http://localhost:3000/',
		'HTTP://LOCALHOST:3000'
	])
		expect(local.allowed(origin, 'localhost:3000')).toBe(false);
	expect(local.allowed('https://tools.example.org', 'localhost:3000')).toBe(true);
	expect(behind.allowed('http://village.example.org', 'village.example.org')).toBe(false);
	expect(behind.allowed('https://village.example.org', '127.0.0.1:3000')).toBe(true);
	expect(behind.allowed('http://evil.example', 'evil.example')).toBe(false);
});

test('a write with a cookie needs our origin and JSON', () => {
	const write = (headers: Record<string, string>) => () =>
		local.demandOwnWrite(headerReader({ host: 'localhost:3000', ...headers }));
	const json = { 'content-type': 'application/json; charset=utf-8' };
	write({ ...json, origin: 'http://localhost:3000' })();
	write({ ...json, 'sec-fetch-site': 'same-origin' })();
	const refused: Record<string, string>[] = [
		json,
		{ ...json, origin: 'http://evil.example' },
		{ ...json, origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
		{ ...json, 'sec-fetch-site': 'same-site' },
		{ origin: 'http://localhost:3000' },
		{ origin: 'http://localhost:3000', 'content-type': 'text/plain' },
		{ origin: 'http://localhost:3000', 'content-type': 'multipart/form-data' }
	];
	for (const headers of refused)
		expect(write(headers)).toThrow(expect.objectContaining({ code: 'CSRF' }));
});

test('the cookie of an upgrade counts only with an allowed Origin', () => {
	const counts = (headers: Record<string, string>) =>
		local.cookieCountsOnUpgrade(headerReader({ host: 'localhost:3000', ...headers }));
	expect(counts({ origin: 'http://localhost:3000' })).toBe(true);
	expect(counts({})).toBe(false);
	expect(counts({ origin: 'http://evil.example' })).toBe(false);
});

test('a request is known under the name it came to, or the public one', () => {
	const at = (origins: typeof local, headers: Record<string, string>) =>
		origins.of(headerReader(headers));
	expect(at(local, { host: 'localhost:3000' })).toBe('http://localhost:3000');
	expect(at(behind, { host: '127.0.0.1:3000' })).toBe('https://village.example.org');
	expect(at(behind, { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' })).toBe(
		'http://127.0.0.1:3000'
	);
	expect(baseUrl({ publicUrl: null, host: '0.0.0.0', port: 8080 })).toBe('http://127.0.0.1:8080');
	expect(baseUrl({ publicUrl: null, host: '::1', port: 80 })).toBe('http://[::1]:80');
});
