// The sentences that repeat: what each state, reason, level, risk and provider is called.
import type { ApprovalStatus } from '#domain/approval.ts';
import type { ApprovalAction, Risk } from '#protocol/approval-words.ts';
import type { Role } from '#domain/permissions.ts';
import type { Level, ProviderId } from '#domain/provider.ts';
import type { RunnerStatus } from '#domain/runner.ts';
import type { FailureClass, Phase, QueueReason, SessionState } from '#domain/session.ts';

export const SESSION_WORDS: Record<SessionState, string> = {
	CREATED: 'Created',
	QUEUED: 'Queued',
	RUNNING: 'Running',
	WAITING_FOR_APPROVAL: 'Needs approval',
	PAUSED_BY_HUMAN: 'Paused',
	COMPLETED: 'Completed',
	FAILED: 'Failed',
	TIMED_OUT: 'Timed out',
	STOPPED: 'Stopped'
};

export const PHASE_WORDS: Record<Phase, string> = {
	none: '',
	waiting: 'waiting for a runner',
	assigned: 'given to a runner',
	preparing: 'preparing the workspace',
	starting: 'starting the agent',
	live: '',
	stopping: 'stopping'
};

/** Why a session waits, and what would end the waiting. */
export const QUEUE_WORDS: Record<QueueReason, { why: string; fix: string }> = {
	no_runner_online: { why: 'No runner is online', fix: 'Connect a runner or start one again.' },
	no_provider: {
		why: 'No runner online has this agent installed',
		fix: 'Install and sign in to the agent on a runner.'
	},
	no_feature: {
		why: 'No runner online can do what this session needs',
		fix: 'Connect a runner that can, or start it without.'
	},
	no_capacity: {
		why: 'All slots are in use',
		fix: 'It starts when a session ends. Raise the slots of a runner to start sooner.'
	},
	no_build: {
		why: 'No runner online has the needed build',
		fix: 'Update a runner or activate another build.'
	},
	draining: {
		why: 'The runners that could take it are draining',
		fix: 'Activate a runner, or connect another.'
	}
};

export const FAILURE_WORDS: Record<FailureClass, string> = {
	start_failed: 'The agent could not be started.',
	workspace: 'The workspace could not be prepared.',
	provider_auth: 'The agent is not signed in on the runner.',
	provider_error: 'The agent reported an error of its own.',
	exit_nonzero: 'The process ended with an error.',
	signal: 'The process was ended by a signal.',
	runner_lost: 'The runner was lost and did not come back in time.',
	runner_drained: 'The runner was drained before the session ended.',
	queue_timeout: 'No runner could take it in time.',
	output_limit: 'It printed more than may be kept.',
	host_lost: 'The process that held the terminal is gone, for example after a reboot.',
	internal: 'A fault on the server ended it.'
};

/** How much is known of an agent, in one word and a sentence. */
export const LEVEL_WORDS: Record<Level, { short: string; long: string }> = {
	L3: {
		short: 'Terminal and events',
		long: 'The agent reports what it does while its own terminal stays usable. States are facts.'
	},
	L2: {
		short: 'Events',
		long: 'The agent reports what it does in a structured way. States are facts.'
	},
	L1: {
		short: 'Terminal only',
		long: 'Only the terminal is seen: running, quiet or ended are known, the rest is not guessed.'
	}
};

export const PROVIDER_WORDS: Record<ProviderId, string> = {
	claude_code: 'Claude Code',
	codex: 'Codex',
	gemini_cli: 'Gemini CLI',
	opencode: 'opencode',
	omnara: 'Omnara',
	shell: 'Shell',
	custom: 'Command',
	scripted: 'Scripted agent'
};

/** The name of a provider, also of one that this build does not know. */
export function providerName(id: string): string {
	return PROVIDER_WORDS[id as ProviderId] ?? id;
}

export const ACTION_WORDS: Record<ApprovalAction, string> = {
	merge: 'Merge',
	deps_add: 'Add a dependency',
	secrets: 'Use a secret',
	deploy: 'Deploy',
	shell: 'Run a command',
	network: 'Use the network',
	file_write: 'Change files',
	tool: 'Use a tool',
	custom: 'Question'
};

export const RISK_WORDS: Record<Risk, string> = {
	low: 'Low risk',
	medium: 'Medium risk',
	high: 'High risk'
};

export const APPROVAL_WORDS: Record<ApprovalStatus, string> = {
	pending: 'Waiting',
	allowed: 'Allowed',
	denied: 'Denied',
	expired: 'Expired',
	cancelled: 'Cancelled',
	answered_at_terminal: 'Answered in the terminal'
};

export const RUNNER_WORDS: Record<RunnerStatus, string> = {
	online: 'Online',
	offline: 'Offline',
	draining: 'Draining',
	maintenance: 'Maintenance'
};

export const ROLE_WORDS: Record<Role, { name: string; can: string }> = {
	viewer: { name: 'Viewer', can: 'Sees everything, changes nothing.' },
	operator: { name: 'Operator', can: 'Starts, steers and stops sessions, and answers approvals.' },
	owner: { name: 'Owner', can: 'Also manages people, houses and runners.' }
};

/** Sign-in state of an agent CLI as it was reported; a guess is never shown as a fact. */
export const AUTH_WORDS = {
	ok: 'signed in',
	missing: 'not signed in',
	unknown: 'sign-in unknown'
} as const;

/** Who answered an approval, for "Allowed by …". */
export function answeredBy(
	by: { kind: string; name: string | null; via?: string | null } | null
): string {
	if (!by) return 'nobody';
	if (by.kind === 'policy')
		return by.via === 'unattended'
			? 'nobody, because nobody attends the session'
			: by.via === 'bypass'
				? 'a bypass'
				: 'a rule';
	if (by.kind === 'expiry') return 'nobody in time';
	if (by.kind === 'terminal') return by.name ?? 'somebody at the terminal';
	if (by.kind === 'system') return 'the session ending';
	return by.name ?? 'a person';
}

/** How a question ended, to stand after its state: `by Ada`, `nobody answered in time`. */
export function outcomeWords(
	status: ApprovalStatus,
	by: { kind: string; name: string | null; via?: string | null } | null
): string {
	if (status === 'pending') return '';
	if (status === 'expired') return 'nobody answered in time';
	if (status === 'cancelled') return 'the session ended first';
	return `by ${answeredBy(by)}`;
}

/** `exit 1`, `SIGTERM`, or nothing when neither is known. */
export function exitWords(code: number | null, signal: string | null): string {
	if (signal) return signal;
	return code === null ? '' : `exit ${code}`;
}
