import fc from 'fast-check';
import { expect, test } from 'vitest';
import { json, jsonProblem, MAX_JSON_DEPTH } from './json.ts';

const nested = (depth: number): unknown => {
	let value: unknown = 1;
	for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
	return value;
};

test('whatever JSON can say is taken as it is, unless a database would refuse its text', () => {
	fc.assert(
		fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
			const text = JSON.stringify(value);
			const clean = !text.includes('\\u0000') && !/\\ud[89a-f]/.test(text);
			expect(jsonProblem(value) === null).toBe(clean);
			if (clean) expect(json().parse(value)).toEqual(value);
		})
	);
});

test('what is nested too deep is refused without falling over', () => {
	expect(jsonProblem(nested(MAX_JSON_DEPTH))).toBeNull();
	expect(jsonProblem(nested(MAX_JSON_DEPTH + 1))).toMatch('nested deeper');
	expect(jsonProblem(JSON.parse('['.repeat(300_000) + ']'.repeat(300_000)))).toMatch('nested');
});

test('a value that holds itself, and values JSON has no word for, are refused', () => {
	const self: unknown[] = [];
	self.push(self, self);
	expect(jsonProblem(self)).not.toBeNull();
	for (const value of [new Map(), new Date(), 1n, Infinity, Symbol('x'), () => 1, undefined])
		expect(json().safeParse({ a: value }).success).toBe(false);
	for (const text of ['a\0b', '\ud800', 'x\udc00y']) {
		expect(json().safeParse({ a: [text] }).success).toBe(false);
		expect(json().safeParse({ [text]: 1 }).success).toBe(false);
	}
});
