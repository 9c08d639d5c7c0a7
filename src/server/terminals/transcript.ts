// A session's whole output as a file: asciicast v2 with true timing and sizes, plain text, or the bytes themselves.
import { decodeMarks, MARK_BYTES, type Mark } from '#protocol/host/mark.ts';
import { createLineEditor } from './plain-text.ts';
import type { SessionStore } from './session-store.ts';
import type { StreamLog } from './stream-log.ts';

/** Bytes per piece read and per asciicast event. */
const PIECE = 65_536;

/** All stored bytes of one kind, oldest first, up to what was written when it began. */
export async function* storedBytes(
	log: StreamLog
): AsyncGenerator<{ offset: number; data: Buffer }, void, void> {
	await log.flush();
	const end = log.written;
	for (let at = log.first; at < end;) {
		const piece = await log.read(at, Math.min(PIECE, end - at));
		if (!piece) return;
		yield piece;
		at = piece.offset + piece.data.length;
	}
}

async function* storedMarks(store: SessionStore): AsyncGenerator<Mark, void, void> {
	let rest: Buffer = Buffer.alloc(0);
	for await (const { data } of storedBytes(store.log(4))) {
		const all = rest.length > 0 ? Buffer.concat([rest, data]) : data;
		const whole = all.length - (all.length % MARK_BYTES);
		yield* decodeMarks(all.subarray(0, whole));
		rest = all.subarray(whole);
	}
}

/**
 * The transcript as asciicast v2: a header line, then `[seconds, "o", text]` and `[seconds, "r", "COLSxROWS"]` lines.
 * @param fallbackMs epoch time of the start, for sessions without marks
 */
export async function* asciicast(
	store: SessionStore,
	title: string,
	fallbackMs: number
): AsyncGenerator<Buffer, void, void> {
	const { terminal } = store;
	const marks = storedMarks(store);
	let following = await marks.next();
	const first = terminal.first;
	let size = store.sizes.at(first);
	let at = following.done ? fallbackMs : following.value.at;
	/** Steps over the marks up to a byte; what they change is returned as lines. */
	async function until(offset: number, startMs: number, lines: string[] | null): Promise<void> {
		while (!following.done && following.value.offset <= offset) {
			const mark = following.value;
			at = Math.max(at, mark.at);
			if (mark.type === 'resize' && (mark.cols !== size.cols || mark.rows !== size.rows)) {
				size = { ...size, cols: mark.cols, rows: mark.rows };
				lines?.push(line([seconds(at - startMs), 'r', `${mark.cols}x${mark.rows}`]));
			}
			following = await marks.next();
		}
	}
	await until(first, 0, null);
	const startMs = at;
	yield Buffer.from(
		JSON.stringify({
			version: 2,
			width: size.cols,
			height: size.rows,
			timestamp: Math.floor(startMs / 1000),
			title
		}) + '\n'
	);

	const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	for await (const { offset, data } of storedBytes(terminal)) {
		const lines: string[] = [];
		for (let done = 0; done < data.length;) {
			await until(offset + done, startMs, lines);
			const next = following.done ? Infinity : following.value.offset;
			const end = Math.min(data.length, next - offset);
			const text = decoder.decode(data.subarray(done, end), { stream: true });
			if (text) lines.push(line([seconds(at - startMs), 'o', text]));
			done = end;
		}
		if (lines.length > 0) yield Buffer.from(lines.join(''));
	}
	const lines: string[] = [];
	const rest = decoder.decode();
	if (rest) lines.push(line([seconds(at - startMs), 'o', rest]));
	await until(Infinity, startMs, lines);
	if (lines.length > 0) yield Buffer.from(lines.join(''));
}

function seconds(ms: number): number {
	return Math.max(0, Math.round(ms * 1000) / 1_000_000);
}

function line(event: [number, string, string]): string {
	return JSON.stringify(event) + '\n';
}

/** What a person would read: escape sequences cut out, carriage returns and backspaces played. */
export async function* plainText(store: SessionStore): AsyncGenerator<Buffer, void, void> {
	const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	const editor = createLineEditor();
	for await (const { data } of storedBytes(store.terminal)) {
		const text = editor.push(decoder.decode(data, { stream: true }));
		if (text) yield Buffer.from(text);
	}
	const text = editor.push(decoder.decode()) + editor.end();
	if (text) yield Buffer.from(text);
}
