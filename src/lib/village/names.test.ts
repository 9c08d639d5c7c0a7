import { expect, test } from 'vitest';
import { hueOf, initials } from './names.ts';

test('initials come from the first and the last name, or from the only one', () => {
	expect(initials('Ada Lovelace')).toBe('AL');
	expect(initials('grace brewster hopper')).toBe('GH');
	expect(initials('linus')).toBe('LI');
	expect(initials('cli-owner')).toBe('CO');
	expect(initials('李 雷')).toBe('李雷');
	expect(initials('  ')).toBe('?');
	expect(initials('😀')).toBe('😀');
});

test('a hue is a hue, the same each time', () => {
	for (const id of ['', 'a', '0199c0de-0000-7000-8000-000000000000']) {
		expect(hueOf(id)).toBe(hueOf(id));
		expect(hueOf(id)).toBeGreaterThanOrEqual(0);
		expect(hueOf(id)).toBeLessThan(360);
	}
});
