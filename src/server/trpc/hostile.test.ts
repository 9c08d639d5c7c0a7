// Every procedure with every part of its input replaced by what nobody should send: refused or done, never a fault.
import { expect, test } from 'vitest';
import type { Actor } from '#server/auth/actor.ts';
import { testApp } from '#server/testing/app.ts';
import { ask, MATRIX, procedures, things } from './testing/calls.ts';

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

function deep(levels: number): unknown {
	let value: unknown = 1;
	for (let i = 0; i < levels; i++) value = [value];
	return value;
}

const HOSTILE: readonly unknown[] = [
	'',
	'a\0b',
	'\ud800',
	'x\udfff',
	'../../etc/passwd',
	"'; drop table users; --",
	'%_\\',
	'x'.repeat(200_000),
	-1,
	0,
	0.5,
	2 ** 31,
	Number.MAX_SAFE_INTEGER,
	2 ** 63,
	1e308,
	NaN,
	Infinity,
	-0,
	10n,
	true,
	null,
	[],
	{},
	[['a\0b']],
	{ 'a\0b': '\ud800' },
	JSON.parse('{"__proto__": {"isAdmin": true}}'),
	new Date(NaN),
	new Map([['a', 1]]),
	cycle,
	deep(20_000)
];

/** Parts of an input that may be left out; they are attacked like the rest. */
const OPTIONAL: Record<string, Record<string, unknown>> = {
	'account.update': { email: 'ada@example.org', preferences: { theme: 'dark' } },
	'approvals.list': { sessionId: 's', status: ['pending'], page: 1, pageSize: 5 },
	'approvals.resolve': { generation: 1, optionId: 'yes', reason: 'because' },
	'events.subscribe': { presence: true, lastEventId: '0' },
	'houses.add': { name: 'House', branch: 'main' },
	'orgs.audit': { page: 1, pageSize: 5, actor: 'x', action: 'x', targetId: 'x' },
	'orgs.invite': { email: 'grace@example.org' },
	'orgs.setMember': { approve: true },
	'runners.createJoinToken': { ttlMinutes: 5, label: 'bench' },
	'runners.deregister': { force: true },
	'runners.drain': { deadlineMinutes: 5 },
	'sessions.create': {
		agentId: 'none',
		houseId: 'none',
		task: 'Do it',
		model: 'm',
		command: 'true',
		scenario: { steps: [] },
		repo: { url: 'https://example.org/a.git', branch: 'main' },
		options: {
			timeoutMinutes: 5,
			env: { NAME: 'value' },
			onDeny: 'stop',
			onRunnerLost: 'wait',
			features: ['a'],
			priority: 1,
			worktree: true,
			cols: 80,
			rows: 24
		}
	},
	'sessions.events': { afterSeq: 0, limit: 5 },
	'sessions.list': {
		state: ['RUNNING'],
		providerId: 'shell',
		agentId: 'x',
		runnerId: 'x',
		houseId: 'x',
		search: 'x',
		page: 1,
		pageSize: 5
	},
	'sessions.stop': { reason: 'enough', force: true },
	'tokens.create': { orgId: 'x', scopes: ['read'], expiresAt: '2999-01-01T00:00:00Z' },
	'villages.list': { orgId: 'x' },
	'villages.saveLayout': { houses: [{ id: 'x', x: 1, y: 1 }] }
};

/** The input with one part after another replaced by `value`, and once with a key too many. */
function* broken(input: unknown, value: unknown): Generator<unknown> {
	yield value;
	if (Array.isArray(input)) {
		for (let i = 0; i < input.length; i++)
			for (const part of broken(input[i], value)) yield input.with(i, part);
	} else if (typeof input === 'object' && input !== null)
		for (const [key, part] of Object.entries(input))
			for (const other of broken(part, value)) yield { ...input, [key]: other };
}

test('no part of any input of any procedure can cause a fault', async () => {
	const t = await testApp({ VILLAGE_MAX_SESSIONS: '1000' });
	const owner: Actor = { ...(await t.actor('owner')), kind: 'user', isAdmin: true };
	const faults: string[] = [];
	let asked = 0;
	for (const path of procedures()) {
		const valid = MATRIX[path]!.input?.(await things(t)) as object | undefined;
		const mutation = !/\.(list|get|me|profile|logins|state|audit|members)$/.test(path);
		const input = {
			...valid,
			...OPTIONAL[path],
			...(mutation && path !== 'events.subscribe' ? { idempotencyKey: 'key' } : {})
		};
		for (const value of HOSTILE)
			for (const attack of broken(input, value)) {
				asked++;
				const answer = await ask(t, owner, path, attack);
				if (answer.code === 'INTERNAL_ERROR')
					faults.push(`${path} ${show(attack)}: ${answer.message.slice(0, 200)}`);
			}
		const extra = await ask(t, owner, path, { ...valid, unheardOf: 1 });
		if (valid && extra.code !== 'VALIDATION_ERROR') faults.push(`${path} takes an unknown key`);
	}
	expect(faults).toEqual([]);
	expect(asked).toBeGreaterThan(2_000);
}, 300_000);

function show(value: unknown): string {
	try {
		return JSON.stringify(value)?.slice(0, 120) ?? String(value);
	} catch {
		return 'what JSON has no word for';
	}
}
