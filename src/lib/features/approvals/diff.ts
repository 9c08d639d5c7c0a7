// A unified diff as lines to show. Pure; what is not a diff comes out as plain lines.

export interface DiffLine {
	kind: 'add' | 'remove' | 'context' | 'hunk' | 'file';
	text: string;
}

/** Reads a unified diff. `+++`/`---` count as file lines only in a header, so that a removed `-- x` stays a removed line. */
export function diffLines(diff: string): DiffLine[] {
	const lines: DiffLine[] = [];
	let left = 0;
	let right = 0;
	for (const text of diff.replace(/\r?\n$/, '').split(/\r?\n/)) {
		const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(text);
		if (hunk) {
			left = Number(hunk[1] ?? 1);
			right = Number(hunk[2] ?? 1);
			lines.push({ kind: 'hunk', text });
		} else if (left > 0 || right > 0) {
			if (text.startsWith('+')) right--;
			else if (text.startsWith('-')) left--;
			else if (!text.startsWith('\\')) {
				left--;
				right--;
			}
			lines.push({ kind: kindOf(text), text });
		} else if (
			/^(diff --git|index |--- |\+\+\+ |new file|deleted file|rename |similarity )/.test(text)
		)
			lines.push({ kind: 'file', text });
		else lines.push({ kind: kindOf(text), text });
	}
	return lines;
}

function kindOf(text: string): DiffLine['kind'] {
	return text.startsWith('+') ? 'add' : text.startsWith('-') ? 'remove' : 'context';
}

/** How many lines are added and removed. */
export function diffStat(lines: readonly DiffLine[]): { added: number; removed: number } {
	let added = 0;
	let removed = 0;
	for (const { kind } of lines) {
		if (kind === 'add') added++;
		else if (kind === 'remove') removed++;
	}
	return { added, removed };
}
