// What every driver can do for its agent: ask people, tell what happens.
import type { AskRequest } from '#protocol/host/ask-line.ts';
import type { StatusSource, ToldStatus } from '#protocol/host/told.ts';
import type { UsageFigures } from '#protocol/runner/usage-totals.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import { askPeople, type OpenQuestion } from '../session-door/ask.ts';
import type { SessionDoorEnv } from '../session-door/environment.ts';
import { openTeller } from '../session-door/tell.ts';

/** What a question is about; see protocol/host/ask.ts. */
export type Subject = Omit<AskRequest, 't' | 'token' | 'sessionId' | 'approvalId' | 'timeoutMs'>;

export interface DriverSession {
	/** Asks people and waits. The same id asked again is the next generation of the same question. */
	ask(approvalId: string, subject: Subject): OpenQuestion;
	/** Something the agent did. Files that were changed are counted here, into the totals. */
	work(report: WorkReport): void;
	/** Absolute totals of this attempt; figures that are not known are left out. */
	usage(totals: UsageFigures): void;
	/** How the agent's last turn went, by its own word. */
	result(ok: boolean, message?: string): void;
	/** The status and where it comes from; the same one twice is told once. */
	status(status: ToldStatus['status'], source: StatusSource, more?: StatusWords): void;
	/** Everything told is kept, or a second has passed. */
	close(): Promise<void>;
}

export interface StatusWords {
	text?: string;
	conversationId?: string;
}

const FLUSH_MS = 1000;
const SUMMARY_CHARS = 500;
const CHANGES = new Set<WorkReport['kind']>(['file_create', 'file_edit', 'file_delete']);
const MOST_FILES = 10_000;

/** Opens the session this process runs in. */
export function openDriverSession(door: SessionDoorEnv, askTimeoutMs: number): DriverSession {
	const teller = openTeller(door);
	let last = '';
	/** Bound: so many are counted, the rest is more of the same. */
	const changed = new Set<string>();
	const count = ({ kind, path }: WorkReport) => {
		if (!path || !CHANGES.has(kind) || changed.has(path) || changed.size >= MOST_FILES) return;
		changed.add(path);
		teller.tell({ k: 'usage', totals: { filesChanged: changed.size } });
	};
	return {
		ask(approvalId, subject) {
			const summary = subject.summary.slice(0, SUMMARY_CHARS) || 'No summary';
			const { token, sessionId } = door;
			const about = { ...subject, summary, approvalId, token, sessionId };
			return askPeople(door.socketPath, { t: 'ask', timeoutMs: askTimeoutMs, ...about });
		},
		work(report) {
			teller.tell({ k: 'work', report });
			count(report);
		},
		usage: (totals) => teller.tell({ k: 'usage', totals }),
		result(ok, message) {
			teller.tell({ k: 'result', ok, ...(message ? { message: message.slice(0, 1000) } : {}) });
		},
		status(status, source, { text, conversationId } = {}) {
			const data: ToldStatus = { status, source, ...(conversationId ? { conversationId } : {}) };
			const told = JSON.stringify([data, text]);
			if (told === last) return;
			last = told;
			const words = text ? { text: text.slice(0, 1000) } : {};
			teller.tell({ k: 'work', report: { kind: 'status_change', ...words, data } });
		},
		async close() {
			await teller.flushed(FLUSH_MS);
			teller.close();
		}
	};
}
