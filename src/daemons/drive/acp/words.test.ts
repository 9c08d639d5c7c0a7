import { expect, test } from 'vitest';
import { recorded } from '../testing/recorded.ts';
import { plainLine, plainText } from './plain-text.ts';
import { createCalls, createUsage, reportsOf, resultOf } from './reports.ts';
import { questionOf, type AcpQuestion } from './requests.ts';
import { PermissionParams, type ToolCall, TurnEnd, UpdateParams } from './words.ts';

interface Message {
	method?: string;
	params?: unknown;
	result?: object;
}

const told = (name: string): Message[] =>
	recorded(`gemini/${name}`)
		.filter(({ from }) => from === 'program')
		.map(({ message }) => message as Message);

const more = { cwd: '/repo', agent: 'Gemini CLI' };

function asked(name: string): AcpQuestion {
	const request = told(name).find(({ method }) => method === 'session/request_permission')!;
	const params = PermissionParams.parse(request.params);
	return questionOf(params, params.toolCall, more);
}

/** The question of a tool call a test makes up. */
function made(call: Partial<ToolCall>, kinds = ['allow_once', 'reject_once']): AcpQuestion {
	const params = PermissionParams.parse({
		sessionId: 's',
		toolCall: { toolCallId: 'c', ...call },
		options: kinds.map((kind, at) => ({ optionId: `o${at}`, name: kind, kind }))
	});
	return questionOf(params, params.toolCall, more);
}

const selected = (optionId: string) => ({ outcome: { outcome: 'selected', optionId } });
const cancelled = { outcome: { outcome: 'cancelled' } };

test('a command that waits is shown with its folder, and only what the agent offers is sent', () => {
	const { subject, answer } = asked('command-allowed');
	expect(subject).toMatchObject({
		kind: 'command',
		action: 'shell',
		command: 'echo made > made.txt',
		cwd: '/repo',
		options: [
			{ id: 'option-0', label: expect.stringContaining('will not ask about it again') as string },
			{ id: 'once', label: 'Allow once' }
		]
	});
	expect(answer({ outcome: 'allowed' })).toEqual(selected('proceed_once'));
	expect(answer({ outcome: 'allowed', optionId: 'once' })).toEqual(selected('proceed_once'));
	expect(answer({ outcome: 'allowed', optionId: 'option-0' })).toEqual(selected('proceed_always'));
	expect(answer({ outcome: 'allowed', optionId: 'cancel' })).toEqual(cancelled);
	for (const outcome of ['denied', 'expired', 'failed'] as const)
		expect(answer({ outcome })).toEqual(selected('cancel'));
	expect(answer({ outcome: 'cancelled' })).toEqual(cancelled);
});

test('a file is shown as its diff with its path, a plan by its title', () => {
	expect(asked('file-allowed').subject).toMatchObject({
		kind: 'file',
		action: 'file_write',
		paths: ['/repo/greeting.txt'],
		diff: expect.stringContaining('+Good morning') as string
	});
	expect(asked('plan').subject.summary).toContain('plan approval');
});

test('whatever is offered, a yes without a single "once" and a no without a "reject once" allow nothing', () => {
	for (const kinds of [['allow_always'], ['allow_once', 'allow_once'], ['reject_always']]) {
		const { answer } = made({ title: 'x' }, kinds);
		for (const outcome of ['allowed', 'denied', 'expired', 'failed'] as const)
			expect(answer({ outcome })).toEqual(cancelled);
	}
});

test('a change at the end of a long file is on the card', () => {
	const lines = (last: string) => `${'same line of a long file\n'.repeat(9000)}${last}\n`;
	const { subject } = made({
		kind: 'edit',
		content: [{ type: 'diff', path: '/repo/a', oldText: lines('old'), newText: lines('new') }]
	});
	expect(subject.diff).toContain('-old\n+new\n');
});

test('a command that is too long to be shown says so, and its risk is that of all of it', () => {
	const rest = `${'true && '.repeat(1200)}npm publish`;
	const { subject } = made({ kind: 'execute', title: 'true', rawInput: { command: rest } });
	expect(subject.action).toBe('deploy');
	expect(subject.command).toMatch(/ \$\(… \d+ more characters are not shown\)$/);
});

test('the recorded work is reported: a command, a new file, tokens; nothing of what was denied', () => {
	const work = (name: string) => {
		const calls = createCalls();
		const ended = told(name).flatMap(({ method, params }) => {
			const parsed = UpdateParams.safeParse(params);
			if (method !== 'session/update' || !parsed.success) return [];
			const { update } = parsed.data;
			if (update.sessionUpdate !== 'tool_call' && update.sessionUpdate !== 'tool_call_update')
				return [];
			const call = calls.merge(update);
			return /^(completed|failed)$/.test(call.status ?? '') ? [call] : [];
		});
		return ended.flatMap((call) => reportsOf(call, '/repo', false));
	};
	expect(work('command-allowed')).toEqual([{ kind: 'command', command: 'echo made > made.txt' }]);
	// Of what was denied nothing more is heard: the conversation tells it at the end of the turn.
	expect(work('command-denied')).toEqual([]);
	expect(work('file-allowed')).toEqual([{ kind: 'file_create', path: 'greeting.txt' }]);
	const end = (name: string) =>
		TurnEnd.parse(told(name).findLast(({ result }) => result && 'stopReason' in result)!.result);
	const usage = createUsage();
	const { tokensIn, tokensOut } = usage.turn(end('command-allowed'))!;
	expect(tokensIn).toBeGreaterThan(1000);
	expect(tokensOut).toBeGreaterThan(0);
	expect(resultOf(end('command-allowed').stopReason)).toEqual({ ok: true });
	expect(resultOf(end('interrupt').stopReason)).toBeNull();
	expect(resultOf('refusal')).toMatchObject({ ok: false });
});

test('an agent that tells only a price, or changes files without telling tokens, is counted all the same', () => {
	const usage = createUsage();
	expect(usage.turn({ stopReason: 'end_turn' })).toBeNull();
	expect(usage.cost({ amount: 0.2, currency: 'USD' })).toEqual({ costUsd: 0.2 });
	expect(usage.cost({ amount: 1, currency: 'EUR' })).toBeNull();
	expect(usage.turn({ stopReason: 'end_turn' })).toEqual({ costUsd: 0.2 });
});

test('no text of an agent reaches a terminal as more than text', () => {
	expect(plainText('a\u001b[2Jb\u001b]52;c;x\u0007c\u009b1Ad\u001bPq\u001b\\e\u0007f\u0008g')).toBe(
		'abcdefg'
	);
	expect(plainText('x\u001b')).toBe('x');
	expect(plainText('one\r\ntwo\rthree\tend')).toBe('one\ntwo\nthree\tend');
	expect(plainText('safe\u202eevil\u2066')).toBe('safeevil');
	expect(plainLine(`${'x'.repeat(500)}\ny`)).toHaveLength(300);
});
