import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReportReader, encodeReport } from './work-report.ts';

test('reports come out of a byte stream however it is cut, and nothing else does', () => {
	const report = { kind: 'file_edit' as const, path: 'src/a.ts', text: 'ünïcode \u0007 \u001b' };
	const whole = Buffer.from(
		`noise \u001b[31m${encodeReport(report)}more\u001b]0;title\u0007${encodeReport({ kind: 'command', command: 'ls' })}end`
	);
	fc.assert(
		fc.property(fc.array(fc.nat(whole.length), { maxLength: 10 }), (cuts) => {
			const reader = createReportReader();
			const found = [];
			const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
			for (let i = 1; i < edges.length; i++)
				if (edges[i]! > edges[i - 1]!)
					found.push(...reader.push(edges[i - 1]!, whole.subarray(edges[i - 1], edges[i])));
			expect(found.map((one) => one.report)).toEqual([report, { kind: 'command', command: 'ls' }]);
			expect(found.at(-1)!.end).toBe(whole.length - 3);
		})
	);
});

test('what is not a report is passed over: bad JSON, unknown kinds, endless ones', () => {
	const reader = createReportReader();
	const bad = `\u001b]7777;{oops\u0007\u001b]7777;{"kind":"party"}\u0007\u001b]7777;${'x'.repeat(40_000)}`;
	expect(reader.push(0, Buffer.from(bad))).toEqual([]);
	const good = Buffer.from(`\u0007${encodeReport({ kind: 'plan', text: 'go on' })}`);
	expect(reader.push(bad.length, good)).toMatchObject([{ report: { kind: 'plan' } }]);
});

test('after a hole in the stream a half report is forgotten', () => {
	const reader = createReportReader();
	const text = encodeReport({ kind: 'plan', text: 'x' });
	reader.push(0, Buffer.from(text.slice(0, 10)));
	expect(reader.push(500, Buffer.from(text.slice(10)))).toEqual([]);
});
