// Remarks on lines of a patch, as one prompt for the agent that wrote them.

/** Most comments of one review, and characters of one comment and of the whole. */
export const MAX_REVIEW_COMMENTS = 50;
export const MAX_COMMENT_CHARS = 2_000;
export const MAX_REVIEW_CHARS = 16_000;

export interface ReviewComment {
	path: string;
	/** Whether the lines are numbered as they are now, or as they were at the start. */
	side: 'new' | 'old';
	/** First and last line, from 1. */
	from: number;
	to: number;
	/** What the first line says. */
	quote: string;
	text: string;
}

/** Characters of a quoted line. */
const QUOTE = 160;

/** The review in the words that are sent: comments by file and line, then the general remark. */
export function reviewPrompt(review: {
	comments: readonly ReviewComment[];
	remark: string;
}): string {
	const parts: string[] = [];
	const sorted = [...review.comments].sort(
		(a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.from - b.from
	);
	for (const { path, side, from, to, quote, text } of sorted) {
		const lines = from === to ? `${path}:${from}` : `${path}:${from}-${to}`;
		const was = side === 'old' ? ' (as it was before your change)' : '';
		const said = quote.trim();
		const line = said ? `\n> ${said.length > QUOTE ? `${said.slice(0, QUOTE)}…` : said}` : '';
		parts.push(`${lines}${was}${line}\n${text.trim()}`);
	}
	const remark = review.remark.trim();
	if (parts.length === 0) return remark;
	const head = 'Review of your changes. Please work through every remark:';
	return [head, ...parts, ...(remark ? [`In general:\n${remark}`] : [])].join('\n\n');
}

/**
 * Text as it may be typed into a terminal: nothing but characters, tabs and line ends, so that none of it can be a key, end
 * a paste or move on the screen.
 */
export function typable(text: string): string {
	return (
		text
			.replace(/\r\n?/g, '\n')
			// eslint-disable-next-line no-control-regex -- control characters are exactly what is taken out
			.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, '')
			.trim()
	);
}
