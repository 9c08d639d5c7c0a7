// Events of a session as lines of a timeline. Pure; events that say nothing new to a reader give null.
import type { ApprovalView, FeedEvent } from '#domain/views.ts';
import type { Phase, SessionState } from '#domain/session.ts';
import { count } from '#lib/text/bytes.ts';
import { duration } from '#lib/text/time.ts';
import {
	APPROVAL_WORDS,
	PHASE_WORDS,
	SESSION_WORDS,
	outcomeWords,
	exitWords
} from '#lib/text/words.ts';

export type LineKind = 'state' | 'work' | 'command' | 'file' | 'approval' | 'trouble';

export interface TimelineLine {
	id: number;
	at: string;
	kind: LineKind;
	text: string;
	/** Code, a path or a quotation under the text. */
	detail: string | null;
}

const str = (value: unknown): string | null => (typeof value === 'string' && value ? value : null);
const num = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** @param name the name of an actor, or null when it is not a person that is known */
export function timelineLine(
	event: FeedEvent,
	name: (actor: string) => string | null
): TimelineLine | null {
	const line = (kind: LineKind, text: string, detail: string | null = null): TimelineLine => ({
		id: event.id,
		at: event.at,
		kind,
		text,
		detail
	});
	const { data } = event;
	const who = name(event.actor);
	const by = who ? ` by ${who}` : '';
	switch (event.type) {
		case 'session.created':
			return line('state', `Created${by}`);
		case 'session.phase': {
			const words = PHASE_WORDS[data.phase as Phase];
			return words ? line('state', capital(words) + by) : null;
		}
		case 'session.started':
			return line('state', num(data.attempt)! > 1 ? `Started, attempt ${data.attempt}` : 'Started');
		case 'session.state_changed': {
			const state = data.newState as SessionState;
			// Said better by `session.started`, `session.ended` and the approvals themselves.
			if (state === 'PAUSED_BY_HUMAN') return line('state', `Paused${by}`);
			if (data.previousState === 'PAUSED_BY_HUMAN' && state === 'RUNNING')
				return line('state', `Resumed${by}`);
			return state === 'QUEUED' ? line('state', 'Queued') : null;
		}
		case 'session.ended': {
			const exit = exitWords(num(data.exitCode), str(data.exitSignal));
			const took = num(data.durationMs);
			const words = [SESSION_WORDS[data.finalState as SessionState], exit].filter(Boolean);
			return line('state', words.join(', ') + (took ? ` after ${duration(took)} of work` : ''));
		}
		case 'session.workspace': {
			const words = {
				export: 'Changes exported as a patch',
				branch: 'Commits kept as a branch',
				remove: 'Worktree removed'
			}[str(data.do) ?? ''];
			return words ? line('state', words + by, str(data.patch) ?? str(data.branch)) : null;
		}
		case 'session.reviewed': {
			const n = num(data.comments) ?? 0;
			const said = n > 0 ? ` with ${count(n, 'comment')}` : '';
			const sender = who ?? str(data.byName);
			return line('work', `Review sent${sender ? ` by ${sender}` : ''}${said}`, str(data.text));
		}
		case 'session.connectivity':
			return data.connectivity === 'lost' ||
				(data.session as { connectivity?: string } | undefined)?.connectivity === 'lost'
				? line('trouble', 'The runner is not reached; the process goes on there')
				: line('state', 'The runner is back');
		case 'session.gap':
			return line('trouble', 'Some output was lost');
		case 'approval.requested': {
			const approval = data.approval as ApprovalView | undefined;
			return approval ? line('approval', 'Asked for approval', approval.summary) : null;
		}
		case 'approval.resolved': {
			const approval = data.approval as ApprovalView | undefined;
			if (!approval) return null;
			const said = `${APPROVAL_WORDS[approval.status]} ${outcomeWords(approval.status, approval.resolvedBy)}`;
			return line('approval', said, approval.reason ?? approval.summary);
		}
		case 'session.work':
			return work(data, line);
		default:
			return null;
	}
}

function work(
	data: Record<string, unknown>,
	line: (kind: LineKind, text: string, detail?: string | null) => TimelineLine
): TimelineLine | null {
	const event = ((data.event ?? data.work ?? data) as Record<string, unknown>) ?? {};
	const words = str(event.text);
	const path = str(event.path);
	const exit = num(event.exitCode);
	switch (event.kind) {
		case 'command':
		case 'test_run':
			return line(
				'command',
				exit === null || exit === 0
					? event.kind === 'command'
						? 'Ran a command'
						: 'Ran tests'
					: `${event.kind === 'command' ? 'A command' : 'Tests'} failed, exit ${exit}`,
				str(event.command) ?? words
			);
		case 'file_edit':
			return line('file', 'Changed a file', path);
		case 'file_create':
			return line('file', 'Made a file', path);
		case 'file_delete':
			return line('file', 'Deleted a file', path);
		case 'file_read':
		case 'search':
			return line('file', event.kind === 'search' ? 'Searched' : 'Read a file', path ?? words);
		case 'diff':
			return line('file', 'Changes', words ?? path);
		case 'tool_use':
			return line('work', `Used ${str(event.tool) ?? 'a tool'}`, words ?? path);
		case 'error':
			return line('trouble', words ?? 'An error');
		case 'thinking':
		case 'message':
		case 'plan':
		case 'completed':
			return words ? line('work', words) : null;
		default:
			return null;
	}
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
