import { expect, test } from 'vitest';
import { readHunks } from './patch.ts';

test('lines are numbered on both sides, and every hunk starts where it says', () => {
	const text = [
		'diff --git a/a.ts b/a.ts',
		'index 1..2 100644',
		'--- a/a.ts',
		'+++ b/a.ts',
		'@@ -3,3 +3,4 @@ function pay() {',
		' three',
		'-four',
		'+vier',
		'+fünf',
		' five',
		'@@ -20 +21 @@',
		'-old',
		'+new',
		'\\ No newline at end of file',
		''
	].join('\n');
	const hunks = readHunks(text);
	expect(hunks.map((hunk) => hunk.place)).toEqual(['function pay() {', '']);
	expect(hunks[0]!.lines.map((line) => [line.kind, line.old, line.new, line.text])).toEqual([
		['context', 3, 3, 'three'],
		['removed', 4, null, 'four'],
		['added', null, 4, 'vier'],
		['added', null, 5, 'fünf'],
		['context', 5, 6, 'five']
	]);
	expect(hunks[1]!.lines.at(-1)).toEqual({
		kind: 'note',
		old: null,
		new: null,
		text: 'No newline at end of file'
	});
});

test('a line of a file that looks like a header is a line', () => {
	const [hunk] = readHunks('@@ -1,2 +1,2 @@\n---- a/x\n+++ b/x\n+@@ -1 +1 @@\n \n');
	expect(hunk!.lines.map((line) => [line.kind, line.text])).toEqual([
		['removed', '--- a/x'],
		['added', '++ b/x'],
		['added', '@@ -1 +1 @@'],
		['context', '']
	]);
});

test('a file without content, or nonsense, has no lines', () => {
	expect(readHunks('diff --git a/a b/a\nnew file mode 100644\n')).toEqual([]);
	expect(readHunks('')).toEqual([]);
	expect(readHunks('+++ not a patch')).toEqual([]);
});
