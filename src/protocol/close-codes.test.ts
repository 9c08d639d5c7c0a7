import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { afterClose, CLOSE, closeReason } from './close-codes.ts';

test('every close code has one meaning, in words of its own', () => {
	const codes = Object.values(CLOSE);
	expect(new Set(codes).size).toBe(codes.length);
	expect(new Set(codes.map(closeReason)).size).toBe(codes.length);
	for (const code of codes) expect(closeReason(code)).not.toMatch(/^closed with/);
});

test('whoever may not come back is told so, and everybody else comes back', () => {
	const stops = Object.values(CLOSE).filter((code) => afterClose(code) === 'stop');
	expect(stops).toEqual([CLOSE.unauthorized, CLOSE.deregistered, CLOSE.noCommonVersion]);
	expect(afterClose(CLOSE.restarting)).toBe('now');
	expect(afterClose(CLOSE.windowExceeded)).toBe('later');
	expect(afterClose(1006)).toBe('later');
});

test('no part of the product closes a socket with a number of its own', () => {
	const rooms = ['server', 'daemons', 'lib', 'cli', 'game'];
	const own = rooms.flatMap((room) =>
		readdirSync(`src/${room}`, { recursive: true, encoding: 'utf8' })
			.filter((file) => /\.(ts|svelte)$/.test(file) && !/\.test\.ts$|testing\//.test(file))
			.filter((file) => /close\([14]\d{3}\b/.test(readFileSync(`src/${room}/${file}`, 'utf8')))
			.map((file) => `${room}/${file}`)
	);
	expect(own).toEqual([]);
});
