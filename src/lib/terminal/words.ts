// What the frame around a terminal says about its state.
import type { TerminalStatus } from './view.ts';

/** One short word for the state, and how it is colored. */
export function stateWords(status: TerminalStatus): {
	text: string;
	tone: 'good' | 'quiet' | 'warn' | 'bad';
} {
	const { connection, phase } = status;
	if (connection.state === 'refused') return { text: 'Not available', tone: 'bad' };
	if (connection.state === 'lost') return { text: 'Reconnecting', tone: 'warn' };
	if (connection.state === 'connecting' || !status.settled)
		return { text: 'Connecting', tone: 'quiet' };
	switch (phase) {
		case 'live':
			return { text: 'Live', tone: 'good' };
		case 'paused':
			return { text: 'Paused', tone: 'warn' };
		case 'waiting':
			return { text: 'Starting', tone: 'quiet' };
		case 'ended':
			return { text: 'Ended', tone: 'quiet' };
	}
}

/** `The session ended with exit code 1.` */
export function exitWords(exit: { code: number | null; signal: string | null }): string {
	if (exit.signal) return `The session was ended by ${exit.signal}.`;
	if (exit.code === null) return 'The session ended; nobody knows how.';
	return `The session ended with exit code ${exit.code}.`;
}

/** `1 key on its way`; null when all were taken. */
export function pendingWords(pending: number): string | null {
	if (pending <= 0) return null;
	return pending === 1 ? '1 key on its way' : `${pending} keys on their way`;
}

/** `<1 ms`, `12 ms`. */
export function latencyWords(ms: number): string {
	return ms < 1 ? '<1 ms' : `${Math.round(ms)} ms`;
}
