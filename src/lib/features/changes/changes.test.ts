import { expect, test } from 'vitest';
import { outdatedIn } from './changes.svelte.ts';
import { partsOf } from './words.ts';

test('the list is out of date when a file was touched, sooner than when something was printed', () => {
	const work = (kind: string) => outdatedIn({ type: 'session.work', data: { work: { kind } } });
	for (const kind of ['file_edit', 'file_create', 'file_delete', 'command', 'test_run'])
		expect(work(kind)).toBe(work('file_edit'));
	expect(work('output')).toBeGreaterThan(work('file_edit')!);
	expect(work('thinking')).toBeNull();
	expect(outdatedIn({ type: 'session.work', data: {} })).toBeNull();
	expect(outdatedIn({ type: 'session.ended', data: {} })).not.toBeNull();
	expect(outdatedIn({ type: 'approval.requested', data: {} })).toBeNull();
});

test('a path is shown as folder and name, also that of a folder', () => {
	expect(partsOf('src/a/b.ts')).toEqual({ folder: 'src/a/', name: 'b.ts' });
	expect(partsOf('README.md')).toEqual({ folder: '', name: 'README.md' });
	expect(partsOf('vendor/lib/')).toEqual({ folder: 'vendor/', name: 'lib/' });
});
