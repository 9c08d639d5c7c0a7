import { expect, test } from 'vitest';
import { approvalRow } from '#lib/state/testing/rows.ts';
import { grouped } from './groups.ts';

const ids = (groups: ReturnType<typeof grouped>) =>
	groups.map(({ first, others }) => [first, ...others].map(({ id }) => id));
const test1 = { summary: 'Run the tests?', command: 'npm test' };

test('the same question of several agents is one group, in the place of the first', () => {
	const list = [
		approvalRow({ id: 'a', ...test1, sessionId: 's1', cwd: '/one' }),
		approvalRow({ id: 'b', summary: 'Merge?' }),
		approvalRow({ id: 'c', ...test1, sessionId: 's2', cwd: '/two' })
	];
	expect(ids(grouped(list, new Set()))).toEqual([['a', 'c'], ['b']]);
	expect(ids(grouped(list, new Set(['a'])))).toEqual([['a'], ['b'], ['c']]);
});

test('whatever an answer depends on tells questions apart', () => {
	const differences = [
		{ command: 'npm run test' },
		{ risk: 'low' as const },
		{ diff: '+1' },
		{ details: { prNumber: 2 } },
		{ options: [{ id: 'always', label: 'Always' }] },
		{ status: 'denied' as const }
	];
	for (const difference of differences) {
		const list = [
			approvalRow({ id: 'a', ...test1 }),
			approvalRow({ id: 'b', ...test1, ...difference })
		];
		expect(grouped(list, new Set()), JSON.stringify(difference)).toHaveLength(2);
	}
});

test('a hundred questions of ten kinds are ten cards', () => {
	const list = Array.from({ length: 100 }, (_, n) =>
		approvalRow({ id: `a${n}`, sessionId: `s${n}`, summary: 'Run it?', command: `task ${n % 10}` })
	);
	const groups = grouped(list, new Set());
	expect(groups).toHaveLength(10);
	expect(ids(groups).flat().toSorted()).toEqual(list.map(({ id }) => id).toSorted());
});
