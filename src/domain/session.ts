// One session: its states, what may happen in each, and what follows (control-plane.md 4.2). Pure.
import {
	ACTIVE_STATES,
	FAILURE_CLASSES,
	PHASES,
	QUEUE_REASONS,
	SESSION_STATES,
	TERMINAL_STATES
} from '#protocol/session-words.ts';

export { ACTIVE_STATES, FAILURE_CLASSES, PHASES, QUEUE_REASONS, SESSION_STATES, TERMINAL_STATES };

export type SessionState = (typeof SESSION_STATES)[number];
export type TerminalState = (typeof TERMINAL_STATES)[number];
export type Phase = (typeof PHASES)[number];
export type QueueReason = (typeof QUEUE_REASONS)[number];
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export const STOP_CAUSES = ['user', 'timeout', 'policy', 'drain'] as const;
export type StopCause = (typeof STOP_CAUSES)[number];

/** Whether a session in this state has ended for good. */
export function isTerminal(state: SessionState): state is TerminalState {
	return (TERMINAL_STATES as readonly string[]).includes(state);
}

/** Totals of a session; a figure nobody reported is null, never 0. */
export interface Usage {
	tokensIn: number | null;
	tokensOut: number | null;
	cachedTokens: number | null;
	apiCalls: number | null;
	costUsd: number | null;
	cpuMs: number | null;
	filesChanged: number | null;
	commands: number | null;
}

export const NO_USAGE: Usage = {
	tokensIn: null,
	tokensOut: null,
	cachedTokens: null,
	apiCalls: null,
	costUsd: null,
	cpuMs: null,
	filesChanged: null,
	commands: null
};

/** What a session needs to run, as it was asked for; the runner gets it in `session.start`. */
export interface SessionSpec {
	repo: { url: string; branch: string; commit: string | null } | null;
	/** A folder on one runner, below a root its owner allowed. */
	local: { runnerId: string; path: string } | null;
	/** For `custom`: the command line, run by the shell. */
	command: string | null;
	/** For `scripted`: the scenario the deterministic agent plays. */
	scenario: unknown;
	/** Work in a worktree of its own (true) or in the folder itself. */
	worktree: boolean;
	features: string[];
}
