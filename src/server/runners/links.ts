// The live connections to runners, and which stream belongs to which placement. The door opens links; services use them.
import type { ServerQuestion } from '#protocol/runner/down.ts';
import type { OutputKind, RunnerPort } from '#server/terminals/types.ts';

/** Where a session is placed now. */
export interface Placement {
	sessionId: string;
	orgId: string;
	runnerId: string;
	attempt: number;
	streamId: number;
	/** Session offset at which this attempt's terminal bytes begin. */
	termBase: number;
}

/** One open connection, as services see it. No method throws or blocks. */
export interface RunnerLink {
	/** New rows stand in the outbox: send them. */
	push(): void;
	input(streamId: number, offset: number, data: Buffer): void;
	acknowledge(streamId: number, kind: OutputKind, offset: number): void;
	want(streamId: number, kind: OutputKind, expected: number): void;
	/** Something that is answered on this connection, or not at all. */
	ask(question: ServerQuestion): void;
	close(code: number, reason: string): void;
}

export interface RunnerLinks extends RunnerPort {
	open(runnerId: string, link: RunnerLink): void;
	/** Forgets a link, unless a newer one has taken its place. Returns whether it was the present one. */
	closed(runnerId: string, link: RunnerLink): boolean;
	get(runnerId: string): RunnerLink | null;
	isOnline(runnerId: string): boolean;
	online(): string[];
	place(placement: Placement): void;
	unplace(sessionId: string, attempt: number): void;
	placementOf(sessionId: string): Placement | null;
	placementByStream(streamId: number): Placement | null;
	placementsOn(runnerId: string): Placement[];
	/** Set when the server goes down: connections that end now are no lost runners. */
	stopping: boolean;
	/** Called for a size that a runner has to be told; wired to the sessions service. */
	onResize: (sessionId: string, attempt: number, cols: number, rows: number) => void;
}

export function createRunnerLinks(): RunnerLinks {
	const links = new Map<string, RunnerLink>();
	/** At most one entry per active session. */
	const bySession = new Map<string, Placement>();
	const byStream = new Map<number, Placement>();

	const current = (sessionId: string, attempt: number) => {
		const placement = bySession.get(sessionId);
		if (!placement || placement.attempt !== attempt) return null;
		const link = links.get(placement.runnerId);
		return link ? { placement, link } : null;
	};

	const self: RunnerLinks = {
		open: (runnerId, link) => void links.set(runnerId, link),
		closed(runnerId, link) {
			if (links.get(runnerId) !== link) return false;
			return links.delete(runnerId);
		},
		get: (runnerId) => links.get(runnerId) ?? null,
		isOnline: (runnerId) => links.has(runnerId),
		online: () => [...links.keys()],
		place(placement) {
			const old = bySession.get(placement.sessionId);
			if (old) byStream.delete(old.streamId);
			bySession.set(placement.sessionId, placement);
			byStream.set(placement.streamId, placement);
		},
		unplace(sessionId, attempt) {
			const old = bySession.get(sessionId);
			if (!old || old.attempt !== attempt) return;
			bySession.delete(sessionId);
			byStream.delete(old.streamId);
		},
		placementOf: (sessionId) => bySession.get(sessionId) ?? null,
		placementByStream: (streamId) => byStream.get(streamId) ?? null,
		placementsOn: (runnerId) => [...bySession.values()].filter((p) => p.runnerId === runnerId),
		stopping: false,
		onResize: () => {},
		input(sessionId, attempt, offset, data) {
			const at = current(sessionId, attempt);
			at?.link.input(at.placement.streamId, offset, data);
		},
		resize(sessionId, attempt, cols, rows) {
			self.onResize(sessionId, attempt, cols, rows);
		},
		acknowledge(sessionId, attempt, kind, offset) {
			const at = current(sessionId, attempt);
			at?.link.acknowledge(at.placement.streamId, kind, offset);
		},
		want(sessionId, attempt, kind, expected) {
			const at = current(sessionId, attempt);
			at?.link.want(at.placement.streamId, kind, expected);
		}
	};
	return self;
}
