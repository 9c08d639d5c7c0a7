// Moving through a list with j and k: the focus goes from one `[data-row]` to the next, so Enter and screen readers just work.

/** Moves the focus by `step` rows in document order; from outside the list to its first or last row. */
export function moveRow(step: 1 | -1): void {
	const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')].filter(
		(row) => row.offsetParent !== null
	);
	if (rows.length === 0) return;
	const at = rows.findIndex(
		(row) => row === document.activeElement || row.contains(document.activeElement)
	);
	const next =
		at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
	rows[next]!.focus();
	rows[next]!.scrollIntoView({ block: 'nearest' });
}

/** The id of the row that has the focus, or null. */
export function focusedRow(): string | null {
	return document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row ?? null;
}
