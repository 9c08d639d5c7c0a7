// What would be written, as a unified diff. It is what somebody approves: a change it leaves out is said to be left out.
import { MAX_ASK_DIFF } from '#protocol/host/ask.ts';

/** Equal lines shown around a change. */
const CONTEXT = 3;
/** Changed lines up to which the shortest edit is looked for; beyond, what differs is one block. */
const MAX_EDITS = 400;

type Mark = ' ' | '-' | '+';
interface Line {
	mark: Mark;
	text: string;
}

/** A unified diff of two whole texts, or of two pieces, whose lines are then numbered from 1. Empty when nothing differs. */
export function lineDiff(path: string, before: string, after: string): string {
	if (before === after) return '';
	const from = linesOf(before);
	const to = linesOf(after);
	const ends = Math.min(from.length, to.length);
	let head = 0;
	while (head < ends && from[head] === to[head]) head += 1;
	let tail = 0;
	while (tail < ends - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail += 1;
	const lines = [
		...from.slice(0, head).map((text): Line => ({ mark: ' ', text })),
		...edits(from.slice(head, from.length - tail), to.slice(head, to.length - tail)),
		...from.slice(from.length - tail).map((text): Line => ({ mark: ' ', text }))
	];
	const name = path.replace(/^\//, '');
	return [
		`--- ${from.length === 0 ? '/dev/null' : `a/${name}`}`,
		`+++ b/${name}`,
		...hunks(lines),
		''
	].join('\n');
}

/** At most what a question may carry; when it is more, its last line says so. */
export function cutDiff(diff: string): string {
	if (diff.length <= MAX_ASK_DIFF) return diff;
	const note = `\\ The diff is longer than this: ${diff.length} characters in all.\n`;
	const end = diff.lastIndexOf('\n', MAX_ASK_DIFF - note.length - 1) + 1;
	return `${diff.slice(0, end || MAX_ASK_DIFF - note.length - 1)}${end ? '' : '\n'}${note}`;
}

/** A last line without an end is another line than the same with one. */
function linesOf(text: string): string[] {
	if (text === '') return [];
	if (text.endsWith('\n')) return text.slice(0, -1).split('\n');
	return `${text}\n\\ No newline at end of file`.split(/\n(?!\\ No newline at end of file$)/);
}

/** The shortest way from one to the other (Myers), or all of one and then all of the other. */
function edits(from: readonly string[], to: readonly string[]): Line[] {
	const most = Math.min(from.length + to.length, MAX_EDITS);
	const furthest = new Int32Array(2 * most + 3);
	const trace: Int32Array[] = [];
	for (let count = 0; count <= most; count += 1) {
		trace.push(furthest.slice());
		for (let k = -count; k <= count; k += 2) {
			let x = stepsDown(furthest, k, count, most)
				? furthest[most + k + 2]!
				: furthest[most + k]! + 1;
			while (x < from.length && x - k < to.length && from[x] === to[x - k]) x += 1;
			furthest[most + k + 1] = x;
			if (x >= from.length && x - k >= to.length) return walkBack(from, to, trace, most);
		}
	}
	return [
		...from.map((text): Line => ({ mark: '-', text })),
		...to.map((text): Line => ({ mark: '+', text }))
	];
}

/** Whether the diagonal `k` is reached by an added line; the diagonal 0 is at `most + 1`. */
const stepsDown = (furthest: Int32Array, k: number, count: number, most: number): boolean =>
	k === -count || (k !== count && furthest[most + k]! < furthest[most + k + 2]!);

function walkBack(
	from: readonly string[],
	to: readonly string[],
	trace: readonly Int32Array[],
	most: number
): Line[] {
	const lines: Line[] = [];
	let x = from.length;
	let y = to.length;
	for (let count = trace.length - 1; count >= 0; count -= 1) {
		const furthest = trace[count]!;
		const k = x - y;
		const down = stepsDown(furthest, k, count, most);
		const startX = count === 0 ? 0 : furthest[most + (down ? k + 2 : k)]!;
		const startY = count === 0 ? 0 : startX - (down ? k + 1 : k - 1);
		while (x > startX && y > startY && from[x - 1] === to[y - 1]) {
			lines.push({ mark: ' ', text: from[--x]! });
			y -= 1;
		}
		if (count === 0) break;
		if (down) lines.push({ mark: '+', text: to[--y]! });
		else lines.push({ mark: '-', text: from[--x]! });
	}
	return lines.reverse();
}

function hunks(lines: readonly Line[]): string[] {
	const out: string[] = [];
	const at: Record<'-' | '+', number> = { '-': 1, '+': 1 };
	let done = 0;
	const pass = (to: number): void => {
		for (; done < to; done += 1) {
			const { mark } = lines[done]!;
			if (mark !== '+') at['-'] += 1;
			if (mark !== '-') at['+'] += 1;
		}
	};
	for (let first = nextChange(lines, 0); first < lines.length;) {
		let last = first;
		for (let next = first; next < lines.length; next = nextChange(lines, next + 1)) {
			if (next - last > 2 * CONTEXT) break;
			last = next;
		}
		pass(Math.max(done, first - CONTEXT));
		const piece = lines.slice(done, last + 1 + CONTEXT);
		const range = (mark: '-' | '+'): string => {
			const count = piece.filter((line) => line.mark === mark || line.mark === ' ').length;
			return `${count === 0 ? at[mark] - 1 : at[mark]},${count}`;
		};
		out.push(`@@ -${range('-')} +${range('+')} @@`);
		for (const { mark, text } of piece) out.push(`${mark}${text}`);
		pass(Math.min(lines.length, last + 1 + CONTEXT));
		first = nextChange(lines, last + 1);
	}
	return out;
}

function nextChange(lines: readonly Line[], from: number): number {
	let at = from;
	while (at < lines.length && lines[at]!.mark === ' ') at += 1;
	return at;
}
