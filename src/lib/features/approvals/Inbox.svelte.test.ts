import { expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import type { ApprovalView } from '#domain/views.ts';
import { approvalRow, meAs, villageState } from '#lib/state/testing/rows.ts';
import { Workspace } from '#lib/state/workspace.svelte.ts';
import type { Api } from '#lib/trpc.ts';
import InboxHarness from './testing/InboxHarness.svelte';

const two = [
	approvalRow({ id: 'a1', summary: 'Merge PR 123?', requestedAt: '2026-03-01T10:00:00.000Z' }),
	approvalRow({
		id: 'a2',
		summary: 'Deploy to production?',
		requestedAt: '2026-03-01T10:01:00.000Z'
	})
];

/** A server at the other end of the door that answers as told. */
async function inbox(
	answer: (input: Record<string, unknown>) => Promise<ApprovalView>,
	role = 'operator' as const,
	approvals = two
) {
	const resolve = vi.fn(answer);
	const get = vi.fn(() => Promise.resolve(answered('a1', 'denied', 'Grace')));
	const client = { approvals: { resolve: { mutate: resolve }, get: { query: get } } };
	const workspace = new Workspace({
		me: meAs(role),
		orgId: 'o1',
		snapshot: villageState({ approvals }),
		origin: 'http://test',
		open: () => ({ client: client as unknown as Api['client'], close: () => {} })
	});
	const screen = await render(InboxHarness, { workspace });
	return { screen, resolve, workspace };
}

const answered = (id: string, status: 'allowed' | 'denied', name: string): ApprovalView => ({
	...two.find((a) => a.id === id)!,
	status,
	resolvedAt: new Date().toISOString(),
	resolvedBy: { kind: 'user', id: 'u2', name, via: 'web' }
});

test('without a chosen question the key for allow chooses the first and answers nothing', async () => {
	const { resolve } = await inbox(() => Promise.resolve(answered('a1', 'allowed', 'Ada')));
	await userEvent.keyboard('a');
	expect(resolve).not.toHaveBeenCalled();
	expect(document.activeElement?.getAttribute('data-row')).toBe('a1');
});

test('j chooses the second, a allows exactly that question, with its generation', async () => {
	const { screen, resolve } = await inbox(() => Promise.resolve(answered('a2', 'allowed', 'Ada')));
	await userEvent.keyboard('jja');
	await expect.element(screen.getByText('Allowed')).toBeVisible();
	expect(resolve.mock.calls).toEqual([
		[{ sessionId: 's1', approvalId: 'a2', generation: 1, decision: 'allow' }]
	]);
});

test('d asks for a reason, Escape decides nothing, Enter denies with it', async () => {
	const { screen, resolve } = await inbox(() => Promise.resolve(answered('a1', 'denied', 'Ada')));
	await userEvent.keyboard('jd');
	const reason = screen.getByLabelText('Reason, told to the agent');
	await expect.element(reason).toHaveFocus();
	await userEvent.keyboard('{Escape}');
	expect(resolve).not.toHaveBeenCalled();
	await userEvent.keyboard('d');
	await reason.fill('not on a Friday');
	await userEvent.keyboard('{Enter}');
	await vi.waitFor(() => expect(resolve).toHaveBeenCalledOnce());
	expect(resolve.mock.calls[0]![0]).toMatchObject({ decision: 'deny', reason: 'not on a Friday' });
});

test('a question is answered by one of its choices, and a bare yes answers nothing', async () => {
	const options = [
		{ id: 'answer-0', label: 'English' },
		{ id: 'answer-1', label: 'French' }
	];
	const question = { ...two[0]!, kind: 'question' as const, options };
	const { screen, resolve } = await inbox(
		() => Promise.resolve(answered('a1', 'allowed', 'Ada')),
		'operator',
		[question]
	);
	await expect.element(screen.getByRole('button', { name: 'French' })).toBeVisible();
	expect(screen.getByRole('button', { name: 'Allow once' }).elements()).toHaveLength(0);
	await userEvent.keyboard('ja');
	expect(resolve).not.toHaveBeenCalled();
	await screen.getByRole('button', { name: 'French' }).click();
	await vi.waitFor(() => expect(resolve).toHaveBeenCalledOnce());
	expect(resolve.mock.calls[0]![0]).toMatchObject({ decision: 'allow', optionId: 'answer-1' });
});

test('the card changes only when the server has said so', async () => {
	let say: (view: ApprovalView) => void = () => {};
	const { screen } = await inbox(() => new Promise((resolve) => (say = resolve)));
	await userEvent.keyboard('ja');
	await expect
		.element(screen.getByRole('button', { name: 'Allow once' }).first())
		.toHaveAttribute('aria-busy', 'true');
	expect(screen.getByText('Allowed').query()).toBeNull();
	say(answered('a1', 'allowed', 'Ada'));
	await expect.element(screen.getByText('Allowed')).toBeVisible();
});

test('who comes second sees who was first', async () => {
	const refusal = Object.assign(new Error('Already answered.'), {
		data: { appCode: 'APPROVAL_ALREADY_RESOLVED' }
	});
	const { screen } = await inbox(() => Promise.reject(refusal));
	await userEvent.keyboard('ja');
	await expect.element(screen.getByText('Denied')).toBeVisible();
	await expect.element(screen.getByText('by Grace', { exact: true })).toBeVisible();
});

test('an answer given elsewhere closes the card in place, with the name', async () => {
	const { screen, workspace } = await inbox(() => Promise.reject(new Error('not called')));
	workspace.approvals.put(answered('a2', 'allowed', 'Grace'));
	await expect.element(screen.getByText('by Grace', { exact: true })).toBeVisible();
	expect(workspace.approvals.pending).toHaveLength(1);
});

/** The same question of three agents, and a server that allows each. */
function threeAlike() {
	const three = ['a1', 'a2', 'a3'].map((id, n) =>
		approvalRow({
			...{ id, sessionId: `s${n}`, agentName: `Agent ${n}`, summary: 'Run the tests?' },
			...{ kind: 'command' as const, action: 'shell' as const, command: 'npm test' }
		})
	);
	return inbox(
		(input) =>
			Promise.resolve({
				...three.find(({ id }) => id === input.approvalId)!,
				status: 'allowed',
				resolvedAt: new Date().toISOString()
			}),
		'operator',
		three
	);
}

test('the same question of three agents is one card, and one key answers all three', async () => {
	const { screen, resolve } = await threeAlike();
	await expect.element(screen.getByText('The same 3 times')).toBeVisible();
	expect(screen.getByRole('article').elements()).toHaveLength(1);
	await userEvent.keyboard('ja');
	await expect.poll(() => resolve.mock.calls.length).toBe(3);
	expect(resolve.mock.calls.map(([input]) => input.approvalId).toSorted()).toEqual([
		'a1',
		'a2',
		'a3'
	]);
});

test('“always” on such a card makes one rule, and allows the others once', async () => {
	const { screen, resolve } = await threeAlike();
	await expect.element(screen.getByText('The same 3 times')).toBeVisible();
	await userEvent.keyboard('jA');
	await expect.element(screen.getByText('The 2 others that ask the same now')).toBeVisible();
	await screen.getByRole('button', { name: 'Allow from now on' }).click();
	await expect.poll(() => resolve.mock.calls.length).toBe(3);
	const inputs = resolve.mock.calls.map(([input]) => input);
	expect(inputs.map(({ approvalId }) => approvalId).toSorted()).toEqual(['a1', 'a2', 'a3']);
	expect(inputs.map(({ always }) => always !== undefined)).toEqual([true, false, false]);
});
