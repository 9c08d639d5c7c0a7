// How a program in a terminal says what it did: an escape sequence that terminals ignore and the runner reads.
// `ESC ] 7777 ; <WorkReport as JSON> BEL`. JSON escapes every control character, so the sequence cannot end early.
import { WorkReport } from '#protocol/runner/work-event.ts';

const START = Buffer.from('\u001b]7777;');
const END = 0x07;

/** Longest report in bytes; a longer one is passed over. */
export const MAX_REPORT_BYTES = 32_768;

/** Lays out one report. */
export function encodeReport(report: WorkReport): string {
	return `\u001b]7777;${JSON.stringify(report)}\u0007`;
}

/** A report and the offset of the byte after it. */
export interface FoundReport {
	report: WorkReport;
	end: number;
}

/** Reads reports out of a stream of terminal bytes; holds at most one unfinished report. */
export function createReportReader(): {
	/** @param offset position of the first byte; bytes that do not follow the last ones start over */
	push(offset: number, bytes: Uint8Array): FoundReport[];
} {
	let held = Buffer.alloc(0);
	let next = -1;
	return {
		push(offset, bytes) {
			if (offset !== next) held = Buffer.alloc(0);
			next = offset + bytes.length;
			// Most chunks hold no escape at all: they are not copied.
			if (held.length === 0 && bytes.indexOf(0x1b) < 0) return [];
			held = Buffer.concat([held, bytes]);
			const found: FoundReport[] = [];
			for (;;) {
				const start = held.indexOf(START);
				if (start < 0) {
					held = held.subarray(Math.max(0, held.length - START.length + 1));
					return found;
				}
				const end = held.indexOf(END, start);
				if (end < 0) {
					// Too long to be one of ours: what follows may still hold one.
					held =
						held.length - start > MAX_REPORT_BYTES
							? held.subarray(held.length - START.length + 1)
							: held.subarray(start);
					return found;
				}
				const report = parse(held.subarray(start + START.length, end).toString('utf8'));
				held = held.subarray(end + 1);
				if (report) found.push({ report, end: next - held.length });
			}
		}
	};
}

function parse(json: string): WorkReport | null {
	try {
		const result = WorkReport.safeParse(JSON.parse(json));
		return result.success ? result.data : null;
	} catch {
		return null;
	}
}
