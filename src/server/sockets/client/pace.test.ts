import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

test('a hundred messages a second go on for ever, more for five seconds are warned of, and again closed', () => {
	const steady = createPace();
	for (let i = 0; i < 10_000; i++) expect(steady.message(1 + i * 10)).toBe('go');
	const busy = createPace();
	const answers: string[] = [];
	for (let i = 0; i < 4_000; i++) answers.push(busy.message(1 + i * 5));
	expect(answers.indexOf('warn')).toBeGreaterThan(900);
	expect(answers.filter((one) => one === 'warn')).toHaveLength(1);
	expect(answers.indexOf('close')).toBeGreaterThan(answers.indexOf('warn') + 900);
});

test('twenty that cannot be read within a minute are too many, nineteen a minute are not', () => {
	const pace = createPace();
	for (let i = 0; i < 19; i++) expect(pace.bad(i)).toBe(false);
	expect(pace.bad(20)).toBe(true);
	const slow = createPace();
	for (let i = 0; i < 200; i++) expect(slow.bad(i * 4_000)).toBe(false);
});
