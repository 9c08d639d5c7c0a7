/** Longest text that is shown as a diff, in lines of each side. */
const MAX_LINES = 2000;

/**
 * A unified diff of a replaced piece, common lines at both ends kept as context. Numbers of lines are of the piece, not of
 * the file, which the driver does not read.
 */
export function lineDiff(path: string, before: string, after: string): string {
	const from = before === '' ? [] : before.replace(/\n$/, '').split('\n').slice(0, MAX_LINES);
	const to = after === '' ? [] : after.replace(/\n$/, '').split('\n').slice(0, MAX_LINES);
	let head = 0;
	while (head < from.length && head < to.length && from[head] === to[head]) head += 1;
	let tail = 0;
	while (
		tail < from.length - head &&
		tail < to.length - head &&
		from[from.length - 1 - tail] === to[to.length - 1 - tail]
	)
		tail += 1;
	const lines = [
		...from.slice(0, head).map((line) => ` ${line}`),
		...from.slice(head, from.length - tail).map((line) => `-${line}`),
		...to.slice(head, to.length - tail).map((line) => `+${line}`),
		...from.slice(from.length - tail).map((line) => ` ${line}`)
	];
	if (lines.length === 0) return '';
	const range = (count: number): string => (count === 0 ? '0,0' : `1,${count}`);
	const name = path.replace(/^\//, '');
	return [
		`--- ${from.length === 0 ? '/dev/null' : `a/${name}`}`,
		`+++ b/${name}`,
		`@@ -${range(from.length)} +${range(to.length)} @@`,
		...lines,
		''
	].join('\n');
}
