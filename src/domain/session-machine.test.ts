import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	allowed,
	apply,
	decide,
	type SessionCommand,
	type SessionCore
} from './session-machine.ts';
import { isTerminal, SESSION_STATES, type SessionState } from './session.ts';

const core = (state: SessionState, extra: Partial<SessionCore> = {}): SessionCore => ({
	state,
	phase:
		isTerminal(state) || state === 'CREATED' ? 'none' : state === 'QUEUED' ? 'waiting' : 'live',
	stopCause: null,
	attempt: 1,
	pendingApprovals: state === 'WAITING_FOR_APPROVAL' ? 1 : 0,
	...extra
});

function run(from: SessionCore, command: SessionCommand): SessionCore | string {
	const decision = decide(from, command);
	return decision.ok ? decision.events.reduce(apply, from) : decision.code;
}
const stateAfter = (from: SessionCore, command: SessionCommand) => {
	const next = run(from, command);
	return typeof next === 'string' ? next : next.state;
};

const exit0: SessionCommand = { type: 'exit', code: 0, signal: null, providerError: false };
const exit1: SessionCommand = { type: 'exit', code: 1, signal: null, providerError: false };
const stop: SessionCommand = { type: 'stop', cause: 'user' };

// [command, then the expected state (or refusal) from CREATED, QUEUED(waiting), QUEUED(assigned), RUNNING, WAITING, PAUSED]
const N = 'INVALID_STATE';
const W = 'WAITING_FOR_APPROVAL';
const P = 'PAUSED_BY_HUMAN';
const TABLE: [SessionCommand, string[]][] = [
	[{ type: 'queue' }, ['QUEUED', N, N, N, N, N]],
	[{ type: 'assign' }, [N, 'QUEUED', N, N, N, N]],
	[{ type: 'progress', phase: 'preparing' }, [N, N, 'QUEUED', N, N, N]],
	[{ type: 'unassign' }, [N, N, 'QUEUED', N, N, N]],
	[{ type: 'start' }, [N, N, 'RUNNING', N, N, N]],
	[{ type: 'request_approval' }, [N, N, N, W, W, P]],
	[{ type: 'settle_approval' }, [N, N, N, N, 'RUNNING', N]],
	[{ type: 'pause' }, [N, N, N, P, P, N]],
	[{ type: 'resume' }, [N, N, N, N, N, 'RUNNING']],
	[stop, ['STOPPED', 'STOPPED', 'QUEUED', 'RUNNING', W, P]],
	[{ type: 'give_up_stopping' }, [N, N, N, N, N, N]],
	[exit0, [N, N, 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED']],
	[exit1, [N, N, 'FAILED', 'FAILED', 'FAILED', 'FAILED']],
	[{ type: 'fail', failureClass: 'host_lost' }, Array<string>(6).fill('FAILED')],
	[{ type: 'requeue' }, [N, N, 'QUEUED', 'QUEUED', 'QUEUED', 'QUEUED']]
];
const FROM = [
	core('CREATED', { attempt: 0 }),
	core('QUEUED'),
	core('QUEUED', { phase: 'assigned' }),
	core('RUNNING'),
	core('WAITING_FOR_APPROVAL'),
	core('PAUSED_BY_HUMAN')
];

describe('every command in every active state', () => {
	for (const [command, expected] of TABLE)
		FROM.forEach((from, i) => {
			test(`${JSON.stringify(command)} in ${from.state}/${from.phase} gives ${expected[i]}`, () => {
				expect(stateAfter(from, command)).toBe(expected[i]);
			});
		});
});

test('a finished session accepts nothing, and stopping it says that it is stopped', () => {
	for (const state of SESSION_STATES.filter(isTerminal))
		for (const [command] of TABLE)
			expect(stateAfter(core(state), command)).toBe(
				command.type === 'stop' ? 'SESSION_ALREADY_STOPPED' : 'INVALID_STATE'
			);
});

test('a stop cause committed before the exit decides the final state, whatever the exit code', () => {
	for (const [cause, final] of [
		['user', 'STOPPED'],
		['policy', 'STOPPED'],
		['timeout', 'TIMED_OUT'],
		['drain', 'FAILED']
	] as const) {
		const stopping = run(core('RUNNING'), { type: 'stop', cause }) as SessionCore;
		expect(stopping).toMatchObject({ state: 'RUNNING', phase: 'stopping', stopCause: cause });
		for (const exit of [exit0, exit1]) expect(stateAfter(stopping, exit)).toBe(final);
		expect(stateAfter(stopping, { type: 'give_up_stopping' })).toBe(final);
	}
});

test('a second stop keeps the first cause', () => {
	const stopping = run(core('RUNNING'), { type: 'stop', cause: 'timeout' }) as SessionCore;
	expect(run(stopping, stop)).toMatchObject({ stopCause: 'timeout' });
});

test('resuming with approvals pending goes back to waiting', () => {
	expect(stateAfter(core(P, { pendingApprovals: 2 }), { type: 'resume' })).toBe(W);
});

test('settling one of two approvals leaves the session waiting', () => {
	expect(run(core(W, { pendingApprovals: 2 }), { type: 'settle_approval' })).toMatchObject({
		state: W,
		pendingApprovals: 1
	});
});

test('a provider that reports an error fails the session although its process ended with 0', () => {
	expect(stateAfter(core('RUNNING'), { ...exit0, providerError: true })).toBe('FAILED');
});

test('stopping twice is allowed while live, pausing is not while stopping', () => {
	expect(allowed(core('RUNNING'))).toEqual(['stop', 'pause']);
	expect(allowed(core('RUNNING', { phase: 'stopping' }))).toEqual(['stop']);
	expect(allowed(core('COMPLETED'))).toEqual([]);
});

const anyCommand: fc.Arbitrary<SessionCommand> = fc.constantFrom(
	...TABLE.map(([command]) => command),
	{ type: 'stop', cause: 'timeout' } as const,
	{ type: 'stop', cause: 'drain' } as const,
	{ type: 'exit', code: null, signal: 'SIGKILL', providerError: false } as const
);

test('no sequence of commands breaks the invariants', () => {
	fc.assert(
		fc.property(fc.array(anyCommand, { maxLength: 40 }), (commands) => {
			let now = core('CREATED', { attempt: 0 });
			for (const command of commands) {
				const before = now;
				const next = run(now, command);
				if (typeof next === 'string') continue;
				now = next;
				expect(isTerminal(before.state)).toBe(false);
				expect(now.attempt).toBeGreaterThanOrEqual(before.attempt);
				expect(now.pendingApprovals).toBeGreaterThanOrEqual(0);
				if (now.state === 'WAITING_FOR_APPROVAL') expect(now.pendingApprovals).toBeGreaterThan(0);
				if (now.state === 'RUNNING') expect(now.pendingApprovals).toBe(0);
				if (isTerminal(now.state))
					expect(now).toMatchObject({ phase: 'none', pendingApprovals: 0 });
				if (now.state === 'QUEUED') expect(now.phase).not.toBe('live');
			}
		}),
		{ numRuns: 500 }
	);
});
