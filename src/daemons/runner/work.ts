// Work events out of terminal bytes: reports of programs that make them, a digest of those that do not.
import type { StreamFrame } from '#protocol/host/stream-frame.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import { staysInside } from '#domain/repo.ts';
import { wireText } from './approvals.ts';
import { DIGEST_CHARS } from './digest.ts';
import type { Held } from './held-session.ts';
import type { StateDir, WorkCounter } from './state-dir.ts';
import type { RunnerMessage } from '#protocol/runner/up.ts';

/**
 * At most two digests per second of a session, and twenty of a whole runner: each is a row that is kept and sent to
 * everybody who looks, and of forty terminals that print at once nobody reads eighty lines a second.
 */
const DIGEST_EVERY_MS = 500;
const DIGEST_SHARE_MS = 50;

export interface WorkOutlet {
	state: StateDir;
	push(message: RunnerMessage): void;
	roomForWork(): boolean;
}

/** Milliseconds until the next digest of one of `printing` sessions. */
export const digestEvery = (printing: number): number =>
	Math.max(DIGEST_EVERY_MS, DIGEST_SHARE_MS * printing);

/** Looks at terminal bytes that went to the server. Bytes that were looked at before (a resend) are passed over. */
export function carryOutput(
	held: Held,
	frame: StreamFrame,
	out: WorkOutlet,
	/** Of all sessions here, how many wait for their next digest. */
	printing: () => number
): void {
	const end = frame.offset + frame.payload.length;
	if (end <= held.work.offset) return;
	const seen = Math.max(0, held.work.offset - frame.offset);
	const fresh = seen > 0 ? frame.payload.subarray(seen) : frame.payload;
	if (held.reports) {
		for (const { report, end: at } of held.reports.push(frame.offset + seen, fresh)) {
			if (report.kind === 'command' || report.kind === 'test_run')
				held.commands = (held.commands ?? 0) + 1;
			emit(held, report, { offset: at }, out);
		}
		return;
	}
	held.digest?.push(fresh);
	held.work.offset = end;
	held.digestTimer ??= setTimeout(() => {
		held.digestTimer = undefined;
		flushDigest(held, out);
	}, digestEvery(printing()));
}

/**
 * Takes lines that a driver told. What was read before, also by a runner of before, is passed over.
 * Answers whether totals have changed.
 */
export function carryTold(held: Held, frame: StreamFrame, out: WorkOutlet): boolean {
	let usage = false;
	for (const { told, end } of held.told?.push(frame.offset, frame.payload) ?? []) {
		// What it prints is what it tells, in other words.
		held.digest = null;
		held.commands ??= 0;
		switch (told.k) {
			case 'work': {
				const { kind } = told.report;
				if (kind === 'command' || kind === 'test_run') held.commands = (held.commands ?? 0) + 1;
				emit(held, told.report, { told: end }, out);
				continue;
			}
			case 'usage':
				usage = true;
				keep(held, { told: end, usage: { ...held.work.usage, ...told.totals } }, out);
				continue;
			case 'result': {
				const { ok, message } = told;
				keep(held, { told: end, result: { ok, ...(message ? { message } : {}) } }, out);
			}
		}
	}
	return usage;
}

function keep(held: Held, change: Partial<WorkCounter>, out: WorkOutlet): void {
	held.work = { ...held.work, ...change };
	out.state.writeWork(held.record.sessionId, held.record.attempt, held.work);
}

/** Tells what was printed since the last digest. */
export function flushDigest(held: Held, out: WorkOutlet): void {
	const text = held.digest?.take();
	if (text) emit(held, { kind: 'output', text: wireText(text, DIGEST_CHARS) }, {}, out);
}

function emit(held: Held, report: WorkReport, read: Partial<WorkCounter>, out: WorkOutlet): void {
	// Above the bound the digest waits for better times; its numbers stay without holes.
	if (!out.roomForWork()) return;
	const { sessionId, attempt } = held.record;
	// Before it is sent: a runner that is killed here loses a line of the digest and never sends a number twice.
	keep(held, { ...read, n: held.work.n + 1 }, out);
	out.push({
		t: 'session.work',
		sessionId,
		attempt,
		event: { ...insideOnly(report), n: held.work.n, at: new Date().toISOString() }
	});
}

/** A path that leaves the worktree is dropped. */
function insideOnly(report: WorkReport): WorkReport {
	const { path, paths, ...rest } = report;
	return {
		...rest,
		...(path !== undefined && staysInside(path) ? { path } : {}),
		...(paths ? { paths: paths.filter(staysInside) } : {})
	};
}

/** Ends what waits for a session that is over. */
export function forgetTimers(held: Held): void {
	clearTimeout(held.digestTimer);
	clearTimeout(held.inputTimer);
	clearTimeout(held.usageTimer);
	held.digestTimer = undefined;
	held.inputTimer = undefined;
	held.usageTimer = undefined;
}
