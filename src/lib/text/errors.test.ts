import { expect, test } from 'vitest';
import { explain } from './errors.ts';

test('a known failure keeps its sentence and says what to do', () => {
	const told = explain({
		message: 'Ten sessions are active.',
		data: { appCode: 'SESSION_LIMIT_EXCEEDED', requestId: 'req-1' }
	});
	expect(told).toMatchObject({
		title: 'Ten sessions are active.',
		code: 'SESSION_LIMIT_EXCEEDED',
		requestId: null
	});
	expect(told.hint).not.toBe('');
});

test('only a fault of the server shows the request id', () => {
	const told = explain({ message: 'x', data: { appCode: 'INTERNAL_ERROR', requestId: 'req-9' } });
	expect(told.requestId).toBe('req-9');
});

test('messages per field come from the issues, the first one of each field', () => {
	const issues = [
		{ path: 'url', message: 'Not a repository.' },
		{ path: 'url', message: 'Too long.' }
	];
	const told = explain({
		message: 'x',
		data: { appCode: 'VALIDATION_ERROR', details: { issues } }
	});
	expect(told.fields).toEqual({ url: 'Not a repository.' });
});

test('anything else means that the server was not reached', () => {
	for (const thrown of [new TypeError('fetch failed'), null, 'x', { data: { appCode: 'NOPE' } }])
		expect(explain(thrown).title).toBe('The server could not be reached.');
});
