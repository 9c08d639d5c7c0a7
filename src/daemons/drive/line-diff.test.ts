import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_ASK_DIFF } from '#protocol/host/ask.ts';
import { cutDiff, lineDiff } from './line-diff.ts';

const file = (lines: number, change: Record<number, string> = {}): string =>
	Array.from({ length: lines }, (_, at) => `${change[at] ?? `line ${at} of a long file`}\n`).join(
		''
	);

test('a change far down in a long file is shown, with the lines around it and their numbers', () => {
	expect(lineDiff('/a.ts', file(5000), file(5000, { 4000: 'changed' }))).toBe(
		[
			'--- a/a.ts',
			'+++ b/a.ts',
			'@@ -3998,7 +3998,7 @@',
			' line 3997 of a long file',
			' line 3998 of a long file',
			' line 3999 of a long file',
			'-line 4000 of a long file',
			'+changed',
			' line 4001 of a long file',
			' line 4002 of a long file',
			' line 4003 of a long file',
			''
		].join('\n')
	);
});

test('changes far from each other are hunks of their own, near ones are one', () => {
	const hunks = (change: Record<number, string>): number =>
		lineDiff('a', file(3000), file(3000, change)).match(/^@@/gm)?.length ?? 0;
	expect(hunks({ 10: 'x', 2900: 'y' })).toBe(2);
	expect(hunks({ 10: 'x', 16: 'y' })).toBe(1);
});

test('new and emptied files, a missing end of line, and nothing', () => {
	expect(lineDiff('a', '', 'one\ntwo\n')).toBe(
		'--- /dev/null\n+++ b/a\n@@ -0,0 +1,2 @@\n+one\n+two\n'
	);
	expect(lineDiff('a', 'one\n', '')).toBe('--- a/a\n+++ b/a\n@@ -1,1 +0,0 @@\n-one\n');
	expect(lineDiff('a', 'one', 'one\n')).toContain('-one\n\\ No newline at end of file\n+one\n');
	expect(lineDiff('a', 'one\n', 'one\n')).toBe('');
});

test('what git makes of it is the new text, whatever the two texts are', () => {
	const folder = mkdtempSync(join(tmpdir(), 'vl-'));
	const line = fc.constantFrom('a', 'b', '', 'c d', '+', '-x', '@@', '\\');
	const text = fc
		.tuple(fc.array(line, { maxLength: 30 }), fc.boolean())
		.map(([lines, end]) => lines.join('\n') + (end && lines.length > 0 ? '\n' : ''));
	try {
		fc.assert(
			fc.property(text, text.filter(Boolean), (before, after) => {
				if (before === after || before === '') return;
				writeFileSync(join(folder, 'f'), before);
				execFileSync('git', ['apply', '--unidiff-zero', '--whitespace=nowarn', '-'], {
					cwd: folder,
					input: lineDiff('f', before, after)
				});
				expect(readFileSync(join(folder, 'f'), 'utf8')).toBe(after);
			}),
			{ numRuns: 100 }
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

test('two texts with nothing in common are told as a whole, quickly', () => {
	const before = file(20_000);
	const diff = lineDiff('a', before, before.replaceAll('line', 'row'));
	expect(diff.match(/^[-+](line|row)/gm)).toHaveLength(40_000);
});

test('a diff that is too long says so in its last line', () => {
	expect(cutDiff('short\n')).toBe('short\n');
	for (const long of ['+a line\n'.repeat(20_000), `+${'x'.repeat(200_000)}\n`]) {
		const cut = cutDiff(long);
		expect(cut.length).toBeLessThanOrEqual(MAX_ASK_DIFF);
		expect(cut).toMatch(/\n\\ The diff is longer than this: \d+ characters in all\.\n$/);
	}
});
