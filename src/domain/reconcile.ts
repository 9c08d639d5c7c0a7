// What becomes of each session when a runner connects again: its truth against the server's wish (control-plane.md 6.5). Pure.
import { isTerminal, type Phase, type SessionState, type StopCause } from './session.ts';

/** A session as the runner holds it. */
export interface Held {
	sessionId: string;
	attempt: number;
	exited: boolean;
}

/** A session as the server wants it. */
export interface Desired {
	sessionId: string;
	runnerId: string | null;
	attempt: number;
	state: SessionState;
	phase: Phase;
	stopCause: StopCause | null;
}

export interface Verdict {
	sessionId: string;
	attempt: number;
	verdict: 'keep' | 'stop' | 'discard';
	cause?: StopCause | 'superseded';
}

export interface Reconciled {
	verdicts: Verdict[];
	/** Live on the server, unknown to the runner: the host that had them is gone. */
	lost: string[];
	/** Assigned but never accepted: `session.start` goes out again by itself. */
	restart: string[];
}

export function reconcile(
	runnerId: string,
	held: readonly Held[],
	desired: ReadonlyMap<string, Desired>
): Reconciled {
	const verdicts = held.map((h): Verdict => {
		const ref = { sessionId: h.sessionId, attempt: h.attempt };
		const want = desired.get(h.sessionId);
		const current =
			want !== undefined &&
			want.runnerId === runnerId &&
			want.attempt === h.attempt &&
			!isTerminal(want.state);
		if (!current)
			return h.exited
				? { ...ref, verdict: 'discard' }
				: { ...ref, verdict: 'stop', cause: 'superseded' };
		if (want.stopCause && !h.exited) return { ...ref, verdict: 'stop', cause: want.stopCause };
		return { ...ref, verdict: 'keep' };
	});
	const mentioned = new Set(held.map((h) => `${h.sessionId}/${h.attempt}`));
	const lost: string[] = [];
	const restart: string[] = [];
	for (const want of desired.values()) {
		if (want.runnerId !== runnerId || isTerminal(want.state)) continue;
		if (mentioned.has(`${want.sessionId}/${want.attempt}`)) continue;
		if (want.state === 'QUEUED') restart.push(want.sessionId);
		else lost.push(want.sessionId);
	}
	return { verdicts, lost, restart };
}
