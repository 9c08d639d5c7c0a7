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
		case 'FAILED':
			return exitWords(session.exitCode, session.exitSignal) || endWords(session);
		default:
			return '';
	}
}

/** How it ended, as a sentence. */
export function endWords(session: SessionView): string {
	if (session.failureClass) return FAILURE_WORDS[session.failureClass];
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
