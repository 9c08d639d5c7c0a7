// Events of the log as lines that people read. Pure; what says nothing to a person is left out.
import type { ApprovalView, FeedEvent, SessionView } from '#domain/views.ts';
import { APPROVAL_WORDS, SESSION_WORDS, answeredBy, exitWords } from '#lib/text/words.ts';

export interface ActivityLine {
	/** The event's id. */
	id: number;
	at: string;
	who: string;
	what: string;
	sessionId: string | null;
	tone: 'neutral' | 'success' | 'warning' | 'danger';
}

/** One line for an event, or null when it is of no interest in a house's day. */
export function activityLine(event: FeedEvent): ActivityLine | null {
	const { data, type } = event;
	const line = (
		who: string,
		what: string,
		tone: ActivityLine['tone'] = 'neutral'
	): ActivityLine => ({
		id: event.id,
		at: event.at,
		who,
		what,
		sessionId: event.sessionId,
		tone
	});
	if (type === 'approval.requested' || type === 'approval.resolved') {
		const approval = data.approval as ApprovalView | undefined;
		if (!approval) return null;
		if (type === 'approval.requested')
			return line(approval.agentName, `asked: ${approval.summary}`, 'warning');
		const by = approval.status === 'allowed' || approval.status === 'denied';
		const who = by ? ` by ${answeredBy(approval.resolvedBy)}` : '';
		return line(
			approval.agentName,
			`${approval.summary}: ${APPROVAL_WORDS[approval.status].toLowerCase()}${who}`
		);
	}
	const session = data.session as SessionView | undefined;
	if (!session) return null;
	if (type === 'session.created')
		return line(session.agentName, session.taskSummary ? `began: ${session.taskSummary}` : 'began');
	if (type === 'session.ended') {
		const exit = exitWords(session.exitCode, session.exitSignal);
		const how = SESSION_WORDS[session.state].toLowerCase();
		const bad = session.state === 'FAILED' || session.state === 'TIMED_OUT';
		return line(
			session.agentName,
			exit ? `${how}, ${exit}` : how,
			bad ? 'danger' : session.state === 'COMPLETED' ? 'success' : 'neutral'
		);
	}
	return null;
}

/** Lines of many events, newest first, each event once, one end per session. */
export function activityLines(events: readonly FeedEvent[], limit: number): ActivityLine[] {
	const seen = new Set<string>();
	const lines: ActivityLine[] = [];
	for (const event of [...events].sort((a, b) => b.id - a.id)) {
		const line = activityLine(event);
		if (!line) continue;
		const key = `${line.sessionId} ${line.what}`;
		if (seen.has(key)) continue;
		seen.add(key);
		lines.push(line);
		if (lines.length === limit) break;
	}
	return lines;
}
