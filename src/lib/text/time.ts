// Times in words. Pure: the present is passed in, so that tests and servers print what browsers print.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in at most two units: `42s`, `3m 20s`, `2h 5m`, `4d 1h`. @param ms milliseconds, negative counts as 0 */
export function duration(ms: number): string {
	const left = Math.max(0, Math.floor(ms));
	if (left < MINUTE) return `${Math.floor(left / SECOND)}s`;
	if (left < HOUR) return two(left, MINUTE, 'm', SECOND, 's');
	if (left < DAY) return two(left, HOUR, 'h', MINUTE, 'm');
	return two(left, DAY, 'd', HOUR, 'h');
}

function two(ms: number, big: number, bigName: string, small: number, smallName: string): string {
	const rest = Math.floor((ms % big) / small);
	return `${Math.floor(ms / big)}${bigName}${rest ? ` ${rest}${smallName}` : ''}`;
}

/** How far a time is from now, in one unit: `now`, `12s ago`, `5m ago`, `in 3m`. */
export function relative(atMs: number, nowMs: number): string {
	const distance = nowMs - atMs;
	const size = Math.abs(distance);
	if (size < 2 * SECOND) return 'now';
	const words =
		size < MINUTE
			? `${Math.floor(size / SECOND)}s`
			: size < HOUR
				? `${Math.floor(size / MINUTE)}m`
				: size < DAY
					? `${Math.floor(size / HOUR)}h`
					: `${Math.floor(size / DAY)}d`;
	return distance > 0 ? `${words} ago` : `in ${words}`;
}

/** What is left until a time: `4:59`, `1:02:03`; `0:00` when it is past. */
export function countdown(untilMs: number, nowMs: number): string {
	const seconds = Math.max(0, Math.ceil((untilMs - nowMs) / SECOND));
	const pad = (n: number) => String(n).padStart(2, '0');
	const minutes = Math.floor(seconds / 60);
	return minutes < 60
		? `${minutes}:${pad(seconds % 60)}`
		: `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

// Made once: a formatter costs a hundred times what it formats, and a list of a hundred rows needs two hundred times.
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat(undefined, {
	hour: '2-digit',
	minute: '2-digit',
	second: '2-digit',
	hour12: false
});

/** Date and time to the second in the reader's own zone, for titles and exports. */
export function exact(atMs: number): string {
	return Number.isFinite(atMs) ? EXACT.format(atMs) : 'Invalid Date';
}

/** The clock time alone, `14:05:09`. */
export function clock(atMs: number): string {
	return Number.isFinite(atMs) ? CLOCK.format(atMs) : 'Invalid Date';
}

/** Milliseconds until `relative` or `duration` of this age changes, so that a clock need not tick more often. */
export function nextChangeIn(ageMs: number): number {
	const age = Math.abs(ageMs);
	return age < HOUR ? SECOND : MINUTE;
}
