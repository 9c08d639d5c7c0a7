// Events of the log as frames of the client wire, made once for all who get the same (control-plane.md 9.3, 10).
import type { ApprovalView, SessionView } from '#domain/views.ts';
import type { SessionState, TerminalState } from '#domain/session.ts';
import type { ApprovalRequired } from '#protocol/client/approval-required.ts';
import type { EventMessage } from '#protocol/client/event.ts';
import type { SessionMessage } from '#protocol/client/session.ts';
import type { TerminalOutput } from '#protocol/client/terminal-output.ts';
import type { WorkEvent } from '#protocol/runner/work-event.ts';
import type { Piece } from './utf8.ts';

/** The verb of the latest subscription decides in which words approvals come. */
export type Dialect = 'subscribe' | 'subscribe_session';

/** An event as the feed and as the table have it. */
export interface LogEvent {
	id: number;
	type: string;
	seq: number;
	at: Date | string;
	data: Record<string, unknown>;
}

const iso = (at: Date | string) => (typeof at === 'string' ? at : at.toISOString());

/**
 * The frame of an event; what has none is a `skip`, so that a receiver can count.
 * @param full whether the details of approvals may be told
 */
export function frameOf(
	sessionId: string,
	event: LogEvent,
	dialect: Dialect,
	full: boolean
): SessionMessage | ApprovalRequired {
	const about = { sessionId, seq: event.seq, timestamp: iso(event.at) };
	const { data } = event;
	switch (event.type) {
		case 'session.state_changed': {
			const { previousState, newState, reason } = data as {
				previousState: SessionState;
				newState: SessionState;
				reason?: string;
			};
			return {
				type: 'session',
				...about,
				action: 'state_change',
				data: {
					state: newState,
					previousState,
					newState,
					...(reason === undefined ? {} : { reason })
				}
			};
		}
		case 'session.work':
			return {
				type: 'session',
				...about,
				action: 'output',
				data: workLine(data.work as WorkEvent)
			};
		case 'session.usage':
			return {
				type: 'session',
				...about,
				action: 'usage',
				data: data.usage as SessionView['usage']
			};
		case 'approval.requested':
			return approvalFrame(
				sessionId,
				data.approval as ApprovalView,
				{ ...about, id: String(event.id) },
				dialect,
				full
			);
		case 'approval.resolved': {
			const approval = data.approval as ApprovalView;
			return {
				type: 'session',
				...about,
				action: 'approval_resolved',
				data: {
					requestId: approval.id,
					approvalId: approval.id,
					decision: (data.decision ?? null) as 'allow' | 'deny' | null,
					status: approval.status,
					resolvedBy: approval.resolvedBy
				}
			};
		}
		case 'session.ended': {
			const ended = data as {
				finalState: TerminalState;
				exitCode: number | null;
				endReason: string | null;
				durationMs: number;
				usage: SessionView['usage'];
			};
			return {
				type: 'session',
				...about,
				action: 'completed',
				data: {
					finalState: ended.finalState,
					exitCode: ended.exitCode,
					reason: ended.endReason,
					durationMs: ended.durationMs,
					usage: ended.usage
				}
			};
		}
		default:
			return { type: 'session', ...about, action: 'skip' };
	}
}

/** A question in the words of a dialect. */
export function approvalFrame(
	sessionId: string,
	approval: ApprovalView,
	{ seq, timestamp, id }: { seq: number; timestamp: string; id: string },
	dialect: Dialect,
	full: boolean
): SessionMessage | ApprovalRequired {
	const details = full ? detailsOf(approval) : null;
	const ids = { requestId: approval.id, approvalId: approval.id };
	const { action, risk, summary, requestedAt, expiresAt } = approval;
	if (dialect === 'subscribe_session')
		return {
			type: 'approval_required',
			sessionId,
			approval: { ...ids, action, description: summary, risk, details, requestedAt, expiresAt },
			messageId: id,
			seq,
			timestamp
		};
	return {
		type: 'session',
		sessionId,
		action: 'approval_request',
		data: { ...ids, action, risk, summary, details, expiresAt },
		seq,
		timestamp
	};
}

/** What whoever decides needs to see: what was told with the question, and what it is about. */
function detailsOf(approval: ApprovalView): Record<string, unknown> {
	const { details, tool, command, cwd, diff, paths, options } = approval;
	const told =
		details === null || details === undefined
			? {}
			: typeof details === 'object' && !Array.isArray(details)
				? details
				: { value: details };
	const about = Object.entries({ tool, command, cwd, diff, paths, options });
	return { ...told, ...Object.fromEntries(about.filter(([, value]) => value !== null)) };
}

function workLine(work: WorkEvent): { output: string; stream: 'stdout' | 'stderr'; kind: string } {
	const output = work.text ?? work.command ?? work.path ?? work.tool ?? work.kind;
	return { output, stream: work.kind === 'error' ? 'stderr' : 'stdout', kind: work.kind };
}

/** Texts made of an event, by dialect and rights; forgotten with the event. */
const made = new WeakMap<LogEvent, Map<string, Buffer>>();

/** The text of an event's frame, the same bytes for everybody who gets the same. */
export function textOf(
	sessionId: string,
	event: LogEvent,
	dialect: Dialect,
	full: boolean
): Buffer {
	let known = made.get(event);
	if (!known) made.set(event, (known = new Map()));
	// Only questions differ by who asks.
	const key = event.type === 'approval.requested' ? `${dialect} ${full}` : '';
	let text = known.get(key);
	if (!text) {
		text = Buffer.from(JSON.stringify(frameOf(sessionId, event, dialect, full)));
		known.set(key, text);
	}
	return text;
}

/** The text of a piece of terminal output. */
export function outputText(sessionId: string, { text, offset, nextOffset }: Piece): Buffer {
	const message: TerminalOutput = {
		type: 'terminal',
		sessionId,
		action: 'output',
		data: text,
		offset,
		nextOffset,
		timestamp: new Date().toISOString()
	};
	return Buffer.from(JSON.stringify(message));
}

type Told = EventMessage extends infer E
	? E extends EventMessage
		? Omit<E, 'type' | 'timestamp'>
		: never
	: never;

/** The text of a message about the connection itself. */
export function eventText(event: Told): string {
	return JSON.stringify({ type: 'event', ...event, timestamp: new Date().toISOString() });
}
