// Why a session is not working right now, in words.
import type { SessionView } from '#domain/views.ts';
import { FAILURE_WORDS, PHASE_WORDS, QUEUE_WORDS, exitWords } from '#lib/text/words.ts';

/** A short clause under the state, or empty when the state says all. */
export function whyWords(session: SessionView): string {
	if (session.connectivity === 'lost') return 'runner not reached';
	if (session.phase === 'stopping') return 'stopping';
	switch (session.state) {
		case 'CREATED':
		case 'QUEUED':
			return session.queueReason
				? QUEUE_WORDS[session.queueReason].why.toLowerCase()
				: PHASE_WORDS[session.phase];
		case 'WAITING_FOR_APPROVAL':
			return session.pendingApprovals.length > 1
				? `${session.pendingApprovals.length} questions`
				: (session.pendingApprovals[0]?.summary ?? '');
		case 'PAUSED_BY_HUMAN':
			return session.pausedByName ? `by ${session.pausedByName}` : '';
		case 'FAILED':
			return (
				exitWords(session.exitCode, session.exitSignal) || saidWords(session) || endWords(session)
			);
		default:
			return '';
	}
}

/** What the runner said of a session that never came to work, as a sentence; empty where nothing is known. */
function saidWords({ endReason, failureClass, startedAt }: SessionView): string {
	const text = startedAt === null && endReason !== failureClass ? (endReason ?? '').trim() : '';
	if (!text) return '';
	return `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}

/** How it ended, as a sentence. */
export function endWords(session: SessionView): string {
	if (session.failureClass) {
		const said = saidWords(session);
		return said
			? `${FAILURE_WORDS[session.failureClass]} ${said}`
			: FAILURE_WORDS[session.failureClass];
	}
	switch (session.state) {
		case 'COMPLETED':
			return 'It ended without an error.';
		case 'STOPPED':
			return session.endReason === 'stop_unconfirmed'
				? 'It was stopped, but the runner did not confirm that its processes are gone.'
				: 'It was stopped.';
		case 'TIMED_OUT':
			return `It was ended after ${session.timeoutMinutes} minutes of work.`;
		default:
			return '';
	}
}
