import { expect, test } from 'vitest';
import { recorded } from '../testing/recorded.ts';
import { HookInput, type PermissionInput } from './hook-input.ts';
import { reportsOf } from './reports.ts';
import { hookOutput, subjectOf } from './subject.ts';
import { createCostMeter, dialogDecision, eventsOf } from './telemetry.ts';

const events = (name: string): HookInput[] =>
	recorded(`claude/${name}`).flatMap((line) => {
		const parsed = HookInput.safeParse(line);
		return parsed.success ? [parsed.data] : [];
	});
const asked = (name: string): PermissionInput =>
	events(name).find(
		(event): event is PermissionInput => event.hook_event_name === 'PermissionRequest'
	)!;

test('a command that waits is shown whole, with what the program offers', () => {
	const subject = subjectOf(asked('hooks-command-allowed'));
	expect(subject).toMatchObject({
		action: 'shell',
		kind: 'command',
		risk: 'medium',
		tool: 'Bash',
		command: 'echo made > made.txt',
		cwd: '/repo',
		options: [{ id: 'once' }, { id: 'remember-0' }]
	});
});

test('an allowance repeats the input and only remembers what was chosen', () => {
	const request = asked('hooks-command-allowed');
	const decision = (outcome: Parameters<typeof hookOutput>[1]) =>
		(hookOutput(request, outcome) as { hookSpecificOutput: { decision: object } } | null)
			?.hookSpecificOutput.decision;
	expect(decision({ outcome: 'allowed' })).toEqual({
		behavior: 'allow',
		updatedInput: request.tool_input
	});
	expect(decision({ outcome: 'allowed', optionId: 'remember-0' })).toEqual({
		behavior: 'allow',
		updatedInput: request.tool_input,
		updatedPermissions: request.permission_suggestions
	});
	expect(decision({ outcome: 'allowed', optionId: 'remember-9' })).not.toHaveProperty(
		'updatedPermissions'
	);
	expect(decision({ outcome: 'denied', message: 'No.' })).toEqual({
		behavior: 'deny',
		message: 'No.'
	});
});

test.each(['expired', 'cancelled', 'failed'] as const)(
	'%s tells the program nothing: its own dialog stays',
	(outcome) => {
		for (const name of ['hooks-command-allowed', 'hooks-plan', 'hooks-question'])
			expect(hookOutput(asked(name), { outcome })).toBeNull();
	}
);

test('a question offers its choices, and without a choice only the dialog answers it', () => {
	const request = asked('hooks-question');
	const subject = subjectOf(request);
	expect(subject).toMatchObject({ kind: 'question', summary: 'Which language?' });
	expect(subject.options?.map((one) => one.label)).toEqual(['English', 'French']);
	const french = {
		hookSpecificOutput: {
			hookEventName: 'PermissionRequest',
			decision: {
				behavior: 'allow',
				updatedInput: { ...request.tool_input, answers: { 'Which language?': 'French' } }
			}
		}
	};
	expect(hookOutput(request, { outcome: 'allowed', optionId: 'answer-1' })).toEqual(french);
	expect(hookOutput(request, { outcome: 'allowed', answer: 'French' })).toEqual(french);
	const byQuestion = { 'Which language?': 'French', 'Not asked': 'x' };
	expect(hookOutput(request, { outcome: 'allowed', answer: byQuestion })).toEqual(french);
	for (const answer of [undefined, {}, 7, { other: 'x' }])
		expect(hookOutput(request, { outcome: 'allowed', answer })).toBeNull();
});

test('a plan is asked about as one', () => {
	expect(subjectOf(asked('hooks-plan'))).toMatchObject({ kind: 'plan', tool: 'ExitPlanMode' });
});

test('what the program did is told in the words of the village', () => {
	const reports = events('hooks-command-allowed').flatMap((event) => reportsOf(event, '/repo'));
	expect(reports).toMatchObject([
		{ kind: 'message', data: { by: 'user' } },
		{ kind: 'command', command: 'echo made > made.txt', exitCode: 0, tool: 'Bash' },
		{ kind: 'message', text: 'All is done.' }
	]);
	const write = {
		hook_event_name: 'PostToolUse' as const,
		tool_name: 'Write',
		tool_input: { file_path: '/repo/src/a.ts', content: 'x' },
		tool_response: { type: 'create' }
	};
	expect(reportsOf(write, '/repo')).toMatchObject([{ kind: 'file_create', path: 'src/a.ts' }]);
	const failed = {
		hook_event_name: 'PostToolUseFailure' as const,
		tool_name: 'Bash',
		tool_input: { command: 'npm test' },
		error: 'Exit code 3\nboom'
	};
	expect(reportsOf(failed, '/repo')).toMatchObject([
		{ kind: 'test_run', command: 'npm test', exitCode: 3, severity: 'low' }
	]);
});

test('events nobody knows and broken ones are let through unread', () => {
	for (const body of [{ hook_event_name: 'FromTheFuture' }, {}, null, 'text', []])
		expect(HookInput.safeParse(body).success).toBe(false);
});

test('cost is summed up, and a decision in the dialog is a person, a hook is none', () => {
	const record = (attributes: Record<string, string | number>) => ({
		attributes: Object.entries(attributes).map(([key, value]) => ({
			key,
			value: typeof value === 'string' ? { stringValue: value } : { doubleValue: value }
		}))
	});
	const body = (...logRecords: object[]) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
	const meter = createCostMeter();
	const call = record({
		'event.name': 'api_request',
		cost_usd: 0.01,
		input_tokens: '100',
		output_tokens: '20',
		cache_read_tokens: '50'
	});
	expect(meter(eventsOf(body(call)))).toEqual({
		tokensIn: 150,
		tokensOut: 20,
		cachedTokens: 50,
		apiCalls: 1,
		costUsd: 0.01
	});
	expect(meter(eventsOf(body(call)))).toMatchObject({ tokensIn: 300, costUsd: 0.02, apiCalls: 2 });
	expect(meter(eventsOf(body()))).toBeNull();
	for (const broken of [null, {}, { resourceLogs: 1 }]) expect(eventsOf(broken)).toEqual([]);
	const decided = (source: string, decision: string) =>
		eventsOf(
			body(
				record({ 'event.name': 'claude_code.tool_decision', tool_name: 'Bash', decision, source })
			)
		).map(dialogDecision);
	expect(decided('user_reject', 'reject')).toEqual([
		{ tool: 'Bash', toolUseId: null, effect: 'denied' }
	]);
	expect(decided('user_temporary', 'accept')).toMatchObject([{ effect: 'allowed' }]);
	expect(decided('hook', 'accept')).toEqual([null]);
});
