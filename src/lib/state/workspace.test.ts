import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApprovalView, FeedEvent, SessionView } from '#domain/views.ts';
import { approvalRow, meAs, sessionRow, villageState } from './testing/rows.ts';
import { Workspace } from './workspace.svelte.ts';

const workspace = (state = villageState()) =>
	new Workspace({ me: meAs('operator'), orgId: 'o1', snapshot: state, origin: null });
const event = (id: number, type: string, data: Record<string, unknown>): FeedEvent => ({
	id,
	type,
	stream: 's',
	seq: id,
	villageId: 'v1',
	houseId: null,
	agentId: null,
	sessionId: 's1',
	actor: 'system',
	at: '2026-03-01T10:00:00.000Z',
	data
});

test('the snapshot and an event that it already contains show the same', () => {
	const w = workspace(
		villageState({ sessions: [sessionRow({ rev: 5, state: 'PAUSED_BY_HUMAN' })] })
	);
	w.fold(event(9, 'session.state_changed', { session: sessionRow({ rev: 4, state: 'RUNNING' }) }));
	expect(w.sessions.get('s1')?.state).toBe('PAUSED_BY_HUMAN');
});

test('an answered question never becomes open again, whatever arrives late', () => {
	const w = workspace();
	const open = approvalRow();
	const answered: ApprovalView = { ...open, status: 'allowed', resolvedAt: open.requestedAt };
	w.fold(event(1, 'approval.requested', { approval: open }));
	w.fold(event(2, 'approval.resolved', { approval: answered }));
	w.fold(
		event(3, 'session.state_changed', { session: sessionRow({ rev: 2, pendingApprovals: [open] }) })
	);
	expect(w.approvals.pending).toEqual([]);
});

test('a question that was asked anew under a higher generation is open again', () => {
	const w = workspace();
	w.fold(event(1, 'approval.resolved', { approval: approvalRow({ status: 'expired' }) }));
	w.fold(event(2, 'approval.requested', { approval: approvalRow({ generation: 2 }) }));
	expect(w.approvals.pending).toHaveLength(1);
});

test('houses and agents of another village of the org are not shown here', () => {
	const w = workspace();
	w.fold(event(1, 'house.changed', { house: { id: 'h9', villageId: 'v2', name: 'far' } }));
	expect(w.houses.all).toEqual([]);
});

test('folding any run of events twice gives what folding it once gives', () => {
	const states = ['QUEUED', 'RUNNING', 'PAUSED_BY_HUMAN', 'COMPLETED'] as const;
	const step = fc.record({
		rev: fc.integer({ min: 1, max: 20 }),
		state: fc.constantFrom(...states)
	});
	fc.assert(
		fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
			// The server gives each revision once.
			const byRev = new Map(steps.map((s) => [s.rev, s.state]));
			const events = [...byRev].map(([rev, state]) =>
				event(rev, 'session.state_changed', { session: sessionRow({ rev, state }) })
			);
			const once = workspace();
			const twice = workspace();
			for (const e of events) once.fold(e);
			for (const e of [...events, ...events]) twice.fold(e);
			const latest = [...byRev.keys()].sort((a, b) => b - a)[0];
			expect(twice.sessions.all).toEqual(once.sessions.all);
			expect((once.sessions.all[0] as SessionView | undefined)?.rev).toBe(latest);
		})
	);
});

test('a viewer is told that the role does not allow it, an operator is not', () => {
	const as = (role: 'viewer' | 'operator') =>
		new Workspace({ me: meAs(role), orgId: 'o1', snapshot: villageState(), origin: null });
	expect(as('viewer').missing('approval.resolve')).not.toBeNull();
	expect(as('operator').missing('approval.resolve')).toBeNull();
});

test('a page that stays open for days does not keep every session that ever ended', () => {
	const w = workspace();
	for (let n = 0; n < 700; n++) {
		const at = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
		w.takeSession(
			sessionRow({ id: `s${n}`, createdAt: at, state: n === 0 ? 'RUNNING' : 'COMPLETED' })
		);
	}
	expect(w.sessions.all.length).toBeLessThanOrEqual(501);
	expect(w.sessions.get('s0')?.state).toBe('RUNNING');
});
