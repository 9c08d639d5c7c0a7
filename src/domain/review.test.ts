import { expect, test } from 'vitest';
import { reviewPrompt, typable, type ReviewComment } from './review.ts';

const comment = (more: Partial<ReviewComment>): ReviewComment => ({
	path: 'src/a.ts',
	side: 'new',
	from: 3,
	to: 3,
	quote: '	const x = 1;',
	text: 'Name it.',
	...more
});

test('a review names file and line of every comment, in the order of the files', () => {
	const text = reviewPrompt({
		comments: [
			comment({ path: 'src/b.ts', from: 9, to: 12, text: ' Too long. ' }),
			comment({ from: 20, to: 20, side: 'old', quote: '', text: 'Why gone?' }),
			comment({})
		],
		remark: 'Add a test.'
	});
	expect(text).toBe(
		[
			'Review of your changes. Please work through every remark:',
			'src/a.ts:3\n> const x = 1;\nName it.',
			'src/a.ts:20 (as it was before your change)\nWhy gone?',
			'src/b.ts:9-12\n> const x = 1;\nToo long.',
			'In general:\nAdd a test.'
		].join('\n\n')
	);
});

test('a general remark alone is sent as it is, and nothing is nothing', () => {
	expect(reviewPrompt({ comments: [], remark: ' Well done. ' })).toBe('Well done.');
	expect(reviewPrompt({ comments: [], remark: ' ' })).toBe('');
});

test('what is typed can neither press keys nor end a paste', () => {
	expect(typable('a\u001b[201~\u0003b\u009b201~\r\nc\td\u0000')).toBe('a[201~b201~\nc\td');
	expect(typable(' \r\n ')).toBe('');
});
