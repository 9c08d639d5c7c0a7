/** The known word closest to a mistyped one, or null when none is near. */
export function suggest(typed: string, known: readonly string[]): string | null {
	let best: { word: string; distance: number } | null = null;
	for (const word of known) {
		const distance = editDistance(typed, word);
		if (!best || distance < best.distance) best = { word, distance };
	}
	if (!best || typed === '') return null;
	const near = best.distance <= Math.max(1, Math.floor(best.word.length / 3));
	return near || best.word.startsWith(typed) ? best.word : null;
}

/** Fewest insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function editDistance(a: string, b: string): number {
	const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1] ? 0 : 1;
			let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				least = Math.min(least, rows[i - 2]![j - 2]! + 1);
			row.push(least);
		}
		rows.push(row);
	}
	return rows[a.length]![b.length]!;
}
