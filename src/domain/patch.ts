// A unified diff of one file as lines with their numbers on both sides.

export type PatchLineKind = 'context' | 'added' | 'removed' | 'note';

export interface PatchLine {
	kind: PatchLineKind;
	/** Line number before and after, from 1; null where the line is not on that side. */
	old: number | null;
	new: number | null;
	/** Without the sign in front. */
	text: string;
}

export interface PatchHunk {
	/** What git says of the place, such as the function it is in; may be empty. */
	place: string;
	lines: PatchLine[];
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/;

/**
 * Reads the hunks of a unified diff; what stands before the first (names, modes) is left out. Never throws: a line that
 * fits nowhere becomes a note.
 */
export function readHunks(text: string): PatchHunk[] {
	const hunks: PatchHunk[] = [];
	let hunk: PatchHunk | null = null;
	let before = 0;
	let after = 0;
	const lines = text.split('\n');
	if (lines.at(-1) === '') lines.pop();
	for (const line of lines) {
		const start = HUNK.exec(line);
		if (start) {
			before = Number(start[1]);
			after = Number(start[2]);
			hunks.push((hunk = { place: start[3] ?? '', lines: [] }));
			continue;
		}
		if (!hunk) continue;
		const rest = line.slice(1);
		switch (line.charAt(0)) {
			case '+':
				hunk.lines.push({ kind: 'added', old: null, new: after++, text: rest });
				break;
			case '-':
				hunk.lines.push({ kind: 'removed', old: before++, new: null, text: rest });
				break;
			case ' ':
				hunk.lines.push({ kind: 'context', old: before++, new: after++, text: rest });
				break;
			case '':
				hunk.lines.push({ kind: 'context', old: before++, new: after++, text: '' });
				break;
			default:
				hunk.lines.push({ kind: 'note', old: null, new: null, text: rest.trim() || line });
		}
	}
	return hunks;
}
