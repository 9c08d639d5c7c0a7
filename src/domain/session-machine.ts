// What may happen to a session and what follows: one table for the service, the buttons of the pages and the tests
// (control-plane.md 4.2; T1…T15 name its rows).
import {
	isTerminal,
	type FailureClass,
	type Phase,
	type SessionState,
	type StopCause,
	type TerminalState
} from './session.ts';

/** The facts a decision needs. */
export interface SessionCore {
	state: SessionState;
	phase: Phase;
	/** Set once somebody asked for the end; decides the final state whatever the exit code is. */
	stopCause: StopCause | null;
	/** Placements so far; 0 before the first. */
	attempt: number;
	pendingApprovals: number;
}

export type SessionCommand =
	| { type: 'queue' }
	| { type: 'assign' }
	| { type: 'progress'; phase: 'preparing' | 'starting' }
	| { type: 'unassign' }
	| { type: 'start' }
	| { type: 'request_approval' }
	| { type: 'settle_approval' }
	| { type: 'pause' }
	| { type: 'resume' }
	| { type: 'stop'; cause: StopCause }
	| { type: 'give_up_stopping' }
	| { type: 'exit'; code: number | null; signal: string | null; providerError: boolean }
	| { type: 'fail'; failureClass: FailureClass }
	| { type: 'requeue' };

export type SessionEvent =
	| { type: 'queued' }
	| { type: 'phase_changed'; phase: Phase }
	| { type: 'assigned' }
	| { type: 'started' }
	| { type: 'approval_opened' }
	| { type: 'approval_settled' }
	| { type: 'blocked' }
	| { type: 'unblocked' }
	| { type: 'paused' }
	| { type: 'resumed'; to: 'RUNNING' | 'WAITING_FOR_APPROVAL' }
	| { type: 'stopping'; cause: StopCause }
	| { type: 'requeued' }
	| {
			type: 'ended';
			state: TerminalState;
			failureClass: FailureClass | null;
			endReason: string;
	  };

export type Decision =
	| { ok: true; events: SessionEvent[] }
	| {
			ok: false;
			code: 'INVALID_STATE' | 'SESSION_ALREADY_STOPPED';
			allowed: SessionCommand['type'][];
	  };

/** What people may ask for in each state; pages grey out the rest. */
export function allowed(core: Pick<SessionCore, 'state' | 'phase'>): SessionCommand['type'][] {
	const { state, phase } = core;
	if (isTerminal(state)) return [];
	if (state === 'CREATED' || state === 'QUEUED') return phase === 'stopping' ? [] : ['stop'];
	const list: SessionCommand['type'][] = ['stop'];
	if (phase === 'stopping') return list;
	if (state === 'PAUSED_BY_HUMAN') list.push('resume');
	else list.push('pause');
	return list;
}

const live = (state: SessionState) =>
	state === 'RUNNING' || state === 'WAITING_FOR_APPROVAL' || state === 'PAUSED_BY_HUMAN';
const placed = (core: SessionCore) =>
	live(core.state) || (core.state === 'QUEUED' && core.phase !== 'waiting');

const yes = (...events: SessionEvent[]): Decision => ({ ok: true, events });

/** Decides a command on the facts. Never throws; an illegal one is `INVALID_STATE` with what is allowed. */
export function decide(core: SessionCore, command: SessionCommand): Decision {
	const { state } = core;
	const no = (): Decision => ({
		ok: false,
		code:
			command.type === 'stop' && isTerminal(state) ? 'SESSION_ALREADY_STOPPED' : 'INVALID_STATE',
		allowed: allowed(core)
	});
	if (isTerminal(state)) return no();
	switch (command.type) {
		case 'queue': // T2
			return state === 'CREATED' ? yes({ type: 'queued' }) : no();
		case 'assign': // T3
			return state === 'QUEUED' && core.phase === 'waiting' ? yes({ type: 'assigned' }) : no();
		case 'progress': // T3
			return state === 'QUEUED' && placed(core) && core.phase !== 'stopping'
				? yes({ type: 'phase_changed', phase: command.phase })
				: no();
		case 'unassign': // T3: a retryable rejection, or the runner was lost before the start
			if (state !== 'QUEUED' || core.phase === 'waiting') return no();
			return core.stopCause ? yes(endedBy(core.stopCause)) : yes({ type: 'requeued' });
		case 'start': // T4
			if (state !== 'QUEUED' || core.phase === 'waiting') return no();
			return core.stopCause
				? yes({ type: 'started' }, { type: 'stopping', cause: core.stopCause })
				: yes({ type: 'started' });
		case 'request_approval': // T5; legal while paused, counts on resume
			if (!live(state)) return no();
			return state === 'RUNNING'
				? yes({ type: 'approval_opened' }, { type: 'blocked' })
				: yes({ type: 'approval_opened' });
		case 'settle_approval': // T6
			if (!live(state) || core.pendingApprovals === 0) return no();
			return state === 'WAITING_FOR_APPROVAL' && core.pendingApprovals === 1
				? yes({ type: 'approval_settled' }, { type: 'unblocked' })
				: yes({ type: 'approval_settled' });
		case 'pause': // T7
			return (state === 'RUNNING' || state === 'WAITING_FOR_APPROVAL') && core.phase !== 'stopping'
				? yes({ type: 'paused' })
				: no();
		case 'resume': // T8
			if (state !== 'PAUSED_BY_HUMAN') return no();
			return yes({
				type: 'resumed',
				to: core.pendingApprovals > 0 ? 'WAITING_FOR_APPROVAL' : 'RUNNING'
			});
		case 'stop': // T13, T14
			if (!placed(core)) return yes({ ...endedBy(command.cause), endReason: 'cancelled' });
			// The first cause stands: a later stop may only hurry, not change the story.
			return core.stopCause ? yes() : yes({ type: 'stopping', cause: command.cause });
		case 'give_up_stopping': // T14, T12 after 30 s
			return core.stopCause && placed(core)
				? yes({ ...endedBy(core.stopCause), endReason: 'stop_unconfirmed' })
				: no();
		case 'exit': // T9, T10, T12, T14
			return placed(core) ? yes(afterExit(core, command)) : no();
		case 'fail': // T10, T11
			return yes(
				core.stopCause
					? endedBy(core.stopCause)
					: {
							type: 'ended',
							state: 'FAILED',
							failureClass: command.failureClass,
							endReason: command.failureClass
						}
			);
		case 'requeue': // T15
			if (!placed(core)) return no();
			return core.stopCause && core.stopCause !== 'drain'
				? yes(endedBy(core.stopCause))
				: yes({ type: 'requeued' });
	}
}

function endedBy(cause: StopCause): Extract<SessionEvent, { type: 'ended' }> {
	switch (cause) {
		case 'timeout':
			return { type: 'ended', state: 'TIMED_OUT', failureClass: null, endReason: 'timeout' };
		case 'drain':
			return {
				type: 'ended',
				state: 'FAILED',
				failureClass: 'runner_drained',
				endReason: 'runner_drained'
			};
		case 'policy':
			return { type: 'ended', state: 'STOPPED', failureClass: null, endReason: 'policy' };
		case 'user':
			return { type: 'ended', state: 'STOPPED', failureClass: null, endReason: 'stopped' };
	}
}

function afterExit(
	core: SessionCore,
	exit: Extract<SessionCommand, { type: 'exit' }>
): SessionEvent {
	if (core.stopCause) return endedBy(core.stopCause);
	if (exit.signal)
		return { type: 'ended', state: 'FAILED', failureClass: 'signal', endReason: exit.signal };
	if (exit.code !== 0)
		return {
			type: 'ended',
			state: 'FAILED',
			failureClass: 'exit_nonzero',
			endReason: exit.code === null ? 'unknown exit' : `exit code ${exit.code}`
		};
	if (exit.providerError)
		return {
			type: 'ended',
			state: 'FAILED',
			failureClass: 'provider_error',
			endReason: 'provider_error'
		};
	return { type: 'ended', state: 'COMPLETED', failureClass: null, endReason: 'exit code 0' };
}

/** Folds one event. Total: every event may be applied to the state it was decided on. */
export function apply(core: SessionCore, event: SessionEvent): SessionCore {
	switch (event.type) {
		case 'queued':
			return { ...core, state: 'QUEUED', phase: 'waiting' };
		case 'assigned':
			return { ...core, phase: 'assigned', attempt: core.attempt + 1 };
		case 'phase_changed':
			return { ...core, phase: event.phase };
		case 'started':
			return { ...core, state: 'RUNNING', phase: 'live' };
		case 'approval_opened':
			return { ...core, pendingApprovals: core.pendingApprovals + 1 };
		case 'approval_settled':
			return { ...core, pendingApprovals: core.pendingApprovals - 1 };
		case 'blocked':
			return { ...core, state: 'WAITING_FOR_APPROVAL' };
		case 'unblocked':
			return { ...core, state: 'RUNNING' };
		case 'paused':
			return { ...core, state: 'PAUSED_BY_HUMAN' };
		case 'resumed':
			return { ...core, state: event.to };
		case 'stopping':
			return { ...core, phase: 'stopping', stopCause: event.cause };
		case 'requeued':
			return { ...core, state: 'QUEUED', phase: 'waiting', stopCause: null, pendingApprovals: 0 };
		case 'ended':
			return { ...core, state: event.state, phase: 'none', pendingApprovals: 0 };
	}
}
