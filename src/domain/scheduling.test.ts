import { expect, test } from 'vitest';
import { place, type Candidate, type Wanted } from './scheduling.ts';

const runner = (id: string, extra: Partial<Candidate> = {}): Candidate => ({
	id,
	connected: true,
	mode: 'active',
	capacity: 5,
	assigned: 0,
	features: [],
	providers: [{ id: 'shell', level: 'L1', auth: 'ok' }],
	cpuPercent: null,
	lastAssignedAtMs: null,
	...extra
});
const wanted = (extra: Partial<Wanted> = {}): Wanted => ({
	providerId: 'shell',
	features: [],
	onlyRunnerId: null,
	excluded: new Set(),
	...extra
});

test('2 of 10 beats 1 of 2', () => {
	const runners = [
		runner('a', { assigned: 1, capacity: 2 }),
		runner('b', { assigned: 2, capacity: 10 })
	];
	expect(place(wanted(), runners)).toEqual({ runnerId: 'b' });
});

test('equal shares go to the machine with the idler processor, then to the one that waited longest', () => {
	expect(
		place(wanted(), [runner('a', { cpuPercent: 80 }), runner('b', { cpuPercent: 10 })])
	).toEqual({ runnerId: 'b' });
	expect(
		place(wanted(), [runner('a', { lastAssignedAtMs: 9 }), runner('b', { lastAssignedAtMs: 3 })])
	).toEqual({ runnerId: 'b' });
});

test('every reason for waiting is named', () => {
	expect(place(wanted(), [])).toEqual({ reason: 'no_runner_online' });
	expect(place(wanted(), [runner('a', { connected: false })])).toEqual({
		reason: 'no_runner_online'
	});
	expect(place(wanted({ providerId: 'codex' }), [runner('a')])).toEqual({ reason: 'no_provider' });
	expect(place(wanted({ features: ['gpu'] }), [runner('a')])).toEqual({ reason: 'no_feature' });
	expect(place(wanted(), [runner('a', { mode: 'draining' })])).toEqual({ reason: 'draining' });
	expect(place(wanted(), [runner('a', { assigned: 5 })])).toEqual({ reason: 'no_capacity' });
});

test('a house with a local folder waits for its own runner', () => {
	expect(place(wanted({ onlyRunnerId: 'b' }), [runner('a'), runner('b')])).toEqual({
		runnerId: 'b'
	});
	expect(place(wanted({ onlyRunnerId: 'c' }), [runner('a')])).toEqual({
		reason: 'no_runner_online'
	});
});

test('a runner whose sign-in is missing is not chosen', () => {
	const runners = [runner('a', { providers: [{ id: 'codex', level: 'L3', auth: 'missing' }] })];
	expect(place(wanted({ providerId: 'codex' }), runners)).toEqual({ reason: 'no_provider' });
});
