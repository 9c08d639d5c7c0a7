// Work events out of terminal bytes: reports of programs that make them, a digest of those that do not.
import type { StreamFrame } from '#protocol/host/stream-frame.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import { staysInside } from '#domain/repo.ts';
import { wireText } from './approvals.ts';
import { DIGEST_CHARS } from './digest.ts';
import type { Held } from './held-session.ts';
import type { StateDir } from './state-dir.ts';
import type { RunnerMessage } from '#protocol/runner/up.ts';

/** At most two digests per second. */
const DIGEST_EVERY_MS = 500;

export interface WorkOutlet {
	state: StateDir;
	push(message: RunnerMessage): void;
	roomForWork(): boolean;
}

/** Looks at terminal bytes that went to the server. Bytes that were looked at before (a resend) are passed over. */
export function carryOutput(held: Held, frame: StreamFrame, out: WorkOutlet): void {
	const end = frame.offset + frame.payload.length;
	if (end <= held.work.offset) return;
	const seen = Math.max(0, held.work.offset - frame.offset);
	const fresh = seen > 0 ? frame.payload.subarray(seen) : frame.payload;
	if (held.reports) {
		for (const { report, end: at } of held.reports.push(frame.offset + seen, fresh)) {
			if (report.kind === 'command' || report.kind === 'test_run')
				held.commands = (held.commands ?? 0) + 1;
			emit(held, report, at, out);
		}
		return;
	}
	held.digest?.push(fresh);
	held.work.offset = end;
	held.digestTimer ??= setTimeout(() => {
		held.digestTimer = undefined;
		flushDigest(held, out);
	}, DIGEST_EVERY_MS);
}

/** Tells what was printed since the last digest. */
export function flushDigest(held: Held, out: WorkOutlet): void {
	const text = held.digest?.take();
	if (text)
		emit(held, { kind: 'output', text: wireText(text, DIGEST_CHARS) }, held.work.offset, out);
}

function emit(held: Held, report: WorkReport, offset: number, out: WorkOutlet): void {
	// Above the bound the digest waits for better times; its numbers stay without holes.
	if (!out.roomForWork()) return;
	const { sessionId, attempt } = held.record;
	held.work = { n: held.work.n + 1, offset };
	// Before it is sent: a runner that is killed here loses a line of the digest and never sends a number twice.
	out.state.writeWork(sessionId, attempt, held.work);
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
	held.digestTimer = undefined;
	held.inputTimer = undefined;
}
