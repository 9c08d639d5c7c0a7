import { expect, test } from 'vitest';
import { diffLines, diffStat } from './diff.ts';

const DIFF = `diff --git a/q.sql b/q.sql
--- a/q.sql
+++ b/q.sql
@@ -1,3 +1,3 @@
 select 1
--- old comment
++++ odd line
 from t
`;

test('lines that look like headers inside a hunk are lines of the file', () => {
	expect(diffLines(DIFF).map((line) => line.kind)).toEqual([
		'file',
		'file',
		'file',
		'hunk',
		'context',
		'remove',
		'add',
		'context'
	]);
});

test('the numbers count changed lines, not headers', () => {
	expect(diffStat(diffLines(DIFF))).toEqual({ added: 1, removed: 1 });
});

test('text that is no diff is shown as it is', () => {
	expect(diffLines('hello\nworld').map((line) => line.text)).toEqual(['hello', 'world']);
});
