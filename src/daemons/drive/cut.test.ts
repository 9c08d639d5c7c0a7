import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitsRule, type Asked, type RuleTerms } from '#domain/approval-rules.ts';
import { cutCommand, cutPaths } from './cut.ts';

const allow: RuleTerms = {
	action: '*',
	toolPattern: null,
	commandPattern: null,
	pathPattern: null,
	maxRisk: null,
	decision: 'allow'
};
const asked: Asked = {
	action: 'shell',
	kind: 'command',
	risk: 'medium',
	tool: null,
	command: null,
	paths: null
};

test('no rule allows a command whose end it does not see, wherever that end was cut off', () => {
	const pieces = fc.constantFrom('ls && ', 'ls; ', "ls 'a b' && ", 'ls "a" | ', 'ls \\\n', '# ');
	const long = fc
		.tuple(fc.array(pieces, { minLength: 1, maxLength: 8 }), fc.nat(20))
		.map(
			([some, more]) => 'x'.repeat(more) + some.join('').repeat(9000 / some.join('').length + 1)
		);
	fc.assert(
		fc.property(long, (head) => {
			const command = cutCommand(`${head}; rm -rf /`);
			expect(command.length).toBeLessThanOrEqual(8000);
			for (const commandPattern of ['*', '**', 'ls*', 'ls **'])
				expect(fitsRule({ ...allow, commandPattern }, { ...asked, command })).toBe(false);
		})
	);
});

test('a command that fits is what it is, and a cut one says how much is missing', () => {
	expect(cutCommand('ls')).toBe('ls');
	expect(cutCommand('x'.repeat(8000))).toHaveLength(8000);
	expect(cutCommand('x'.repeat(9000))).toMatch(/x \$\(… \d{4} more characters are not shown\)$/);
});

test('no rule allows paths it does not see: of many the last ones, of a long one its end', () => {
	const fits = (paths: string[], pathPattern = '**') =>
		fitsRule({ ...allow, pathPattern }, { ...asked, paths: cutPaths(paths) });
	const many = Array.from({ length: 201 }, (_, at) => `src/${at}`);
	expect(fits(many.slice(0, 199))).toBe(true);
	expect(fits(many)).toBe(false);
	expect(fits(['src/a'])).toBe(true);
	expect(fits([`src/${'a/'.repeat(600)}../../../etc/passwd`])).toBe(false);
	expect(fits([`src/${'a'.repeat(1000)}`])).toBe(false);
	expect(cutPaths(many)).toHaveLength(200);
	expect(cutPaths(many).at(-1)).toContain('2 more');
	for (const path of cutPaths(['b'.repeat(5000)])) expect(path.length).toBeLessThanOrEqual(1000);
});
