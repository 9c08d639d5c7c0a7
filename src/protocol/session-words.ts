// What a session may be in: one list for the wires, the rules and the pages. No schema, so that whoever only names them
// needs no validator.

export const ACTIVE_STATES = [
	'CREATED',
	'QUEUED',
	'RUNNING',
	'WAITING_FOR_APPROVAL',
	'PAUSED_BY_HUMAN'
] as const;
export const TERMINAL_STATES = ['COMPLETED', 'FAILED', 'TIMED_OUT', 'STOPPED'] as const;
export const SESSION_STATES = [...ACTIVE_STATES, ...TERMINAL_STATES] as const;

export const PHASES = [
	'none',
	'waiting',
	'assigned',
	'preparing',
	'starting',
	'live',
	'stopping'
] as const;

export const QUEUE_REASONS = [
	'no_runner_online',
	'no_provider',
	'no_feature',
	'no_capacity',
	'no_build',
	'draining'
] as const;

export const FAILURE_CLASSES = [
	'start_failed',
	'workspace',
	'provider_auth',
	'provider_error',
	'exit_nonzero',
	'signal',
	'runner_lost',
	'runner_drained',
	'queue_timeout',
	'output_limit',
	'host_lost',
	'internal'
] as const;
