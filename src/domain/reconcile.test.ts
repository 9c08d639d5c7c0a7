import { expect, test } from 'vitest';
import { reconcile, type Desired } from './reconcile.ts';

const desired = (extra: Partial<Desired> = {}) =>
	new Map([
		[
			's',
			{
				sessionId: 's',
				runnerId: 'r',
				attempt: 2,
				state: 'RUNNING',
				phase: 'live',
				stopCause: null,
				...extra
			} satisfies Desired
		]
	]);
const held = (extra = {}) => [{ sessionId: 's', attempt: 2, exited: false, ...extra }];

test('a live session of the current attempt is kept', () => {
	expect(reconcile('r', held(), desired()).verdicts).toEqual([
		{ sessionId: 's', attempt: 2, verdict: 'keep' }
	]);
});

test('a session whose stop was asked for while the runner was away is stopped', () => {
	expect(reconcile('r', held(), desired({ stopCause: 'user' })).verdicts[0]).toMatchObject({
		verdict: 'stop',
		cause: 'user'
	});
});

test('an exit that happened while away is kept, so that its last bytes and its code arrive', () => {
	expect(
		reconcile('r', held({ exited: true }), desired({ stopCause: 'user' })).verdicts[0]
	).toMatchObject({ verdict: 'keep' });
});

test('old attempts, finished sessions and those of another runner are superseded', () => {
	for (const want of [
		desired({ attempt: 3 }),
		desired({ state: 'FAILED' }),
		desired({ runnerId: 'other' }),
		new Map<string, Desired>()
	])
		expect(reconcile('r', held(), want).verdicts[0]).toMatchObject({
			verdict: 'stop',
			cause: 'superseded'
		});
	expect(reconcile('r', held({ exited: true }), new Map()).verdicts[0]).toMatchObject({
		verdict: 'discard'
	});
});

test('what the runner does not mention is lost when it was live, and started again when it was only assigned', () => {
	expect(reconcile('r', [], desired()).lost).toEqual(['s']);
	expect(reconcile('r', [], desired({ state: 'QUEUED', phase: 'assigned' })).restart).toEqual([
		's'
	]);
	expect(reconcile('other', [], desired())).toEqual({ verdicts: [], lost: [], restart: [] });
});
