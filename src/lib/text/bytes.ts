// Sizes and counts in words.

/** `0 B`, `12.3 KB`, `4 MB`: thousands, one decimal below 100. @param bytes 0 or more */
export function size(bytes: number): string {
	const units = ['B', 'KB', 'MB', 'GB', 'TB'];
	let value = Math.max(0, bytes);
	let unit = 0;
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	const text = unit === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(1);
	return `${text.replace(/\.0$/, '')} ${units[unit]}`;
}

/** `1 session`, `3 sessions`. */
export function count(n: number, one: string, many = `${one}s`): string {
	return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

/** Large counts short: `950`, `12.3k`, `4.1M`. */
export function short(n: number): string {
	if (n < 1000) return String(n);
	if (n < 1_000_000) return `${(n / 1000).toFixed(n < 100_000 ? 1 : 0).replace(/\.0$/, '')}k`;
	return `${(n / 1_000_000).toFixed(1).replace(/\.0$/, '')}M`;
}
