import { expect, test } from 'vitest';
import { createShared } from './under-way.ts';

test('whoever asks while an answer is under way gets the same one, and nobody asks twice', async () => {
	const shared = createShared();
	let asked = 0;
	let answer: (text: string) => void = () => {};
	const ask = () => {
		asked++;
		return new Promise<string>((resolve) => (answer = resolve));
	};
	const all = [1, 2, 3].map(() => shared('diff of s1', ask));
	const other = shared('diff of s2', () => Promise.resolve('another'));
	answer('one');
	expect(await Promise.all(all)).toEqual(['one', 'one', 'one']);
	expect(await other).toBe('another');
	expect(asked).toBe(1);
	const later = shared('diff of s1', ask);
	answer('two');
	expect(await later).toBe('two');
	expect(asked).toBe(2);
});

test('a failure is told to all who wait, and the next one asks anew', async () => {
	const shared = createShared();
	const failing = () => shared('a', () => Promise.reject(new Error('away')));
	await Promise.all([failing(), failing()].map((one) => expect(one).rejects.toThrow('away')));
	expect(await shared('a', () => Promise.resolve('here'))).toBe('here');
});
