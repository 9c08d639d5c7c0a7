import { expect, test } from 'vitest';
import { recorded } from '../testing/recorded.ts';
import { Item, reportsOf, resultOf, statusOf, usageOf } from './reports.ts';
import { questionOf, type CodexQuestion, type FileChange } from './requests.ts';

interface Message {
	id?: number;
	method?: string;
	params?: Record<string, unknown>;
}

const told = (name: string): Message[] =>
	recorded(`codex/${name}`)
		.filter((line) => line.from === 'program')
		.map((line) => line.message as Message);

const items = (name: string): Item[] =>
	told(name)
		.filter(({ method }) => method === 'item/completed')
		.flatMap(({ params }) => {
			const parsed = Item.safeParse(params?.item);
			return parsed.success ? [parsed.data] : [];
		});

function asked(name: string): CodexQuestion {
	const changes = new Map<string, FileChange[]>(
		items(name).flatMap((item) => (item.type === 'fileChange' ? [[item.id, item.changes]] : []))
	);
	const request = told(name).find(({ id, method }) => id !== undefined && method !== undefined)!;
	return questionOf(request.method!, request.params!, (id) => changes.get(id) ?? [], '/repo')!;
}

test('a command that waits is shown without the shell around it, and offers only what the server does', () => {
	const { subject, answer, itemId } = asked('command-allowed');
	expect(itemId).toMatch(/^exec-/);
	expect(subject).toMatchObject({
		kind: 'command',
		action: 'shell',
		risk: 'medium',
		command: 'echo made > made.txt',
		cwd: '/repo',
		options: [{ id: 'once' }, { id: 'remember-0' }]
	});
	expect(answer({ outcome: 'allowed' })).toEqual({ decision: 'accept' });
	expect(answer({ outcome: 'allowed', optionId: 'remember-0' })).toMatchObject({
		decision: { acceptWithExecpolicyAmendment: {} }
	});
	expect(answer({ outcome: 'allowed', optionId: 'remember-7' })).toEqual({ decision: 'accept' });
	expect(answer({ outcome: 'denied' })).toEqual({ decision: 'decline' });
});

test('nobody is asked for less than what runs', () => {
	const shown = (command: string) =>
		questionOf(
			'item/commandExecution/requestApproval',
			// What Codex says of this command leaves out everything after the first pipe.
			{ command, commandActions: [{ type: 'search', command: 'grep -l x' }] },
			() => [],
			'/repo'
		)!.subject.command;
	expect(shown(`/bin/bash -lc 'grep -l x . | xargs rm'`)).toBe('grep -l x . | xargs rm');
	expect(shown(`bash -lc "echo \\"it's\\""`)).toBe(`echo "it's"`);
	expect(shown(`zsh -c 'say '"'"'hi'"'"''`)).toBe(`say 'hi'`);
	expect(shown('bash -lc ls')).toBe('ls');
	for (const whole of [
		'rm -rf build',
		`bash -lc 'ls' extra`,
		`bash -lc 'ls'; rm x`,
		'bash -lc "$(cat script)"',
		`bash -lc 'unfinished`,
		`evil/bash -lc 'ls'`,
		`/tmp/evil/bash -lc 'ls'`,
		''
	])
		expect(shown(whole)).toBe(whole);
});

test('a patch is shown as a diff with its paths', () => {
	const { subject } = asked('file-allowed');
	expect(subject).toMatchObject({
		kind: 'file',
		action: 'file_write',
		paths: ['/repo/greeting.txt']
	});
	expect(subject.diff).toContain('+Good morning');
});

test('a question offers its choices', () => {
	const { subject, answer } = asked('question');
	expect(subject.options?.map(({ label }) => label)).toEqual(['English', 'French']);
	const french = { answers: { answer: { answers: ['French'] } } };
	expect(answer({ outcome: 'allowed', optionId: 'answer-1' })).toEqual(french);
	expect(answer({ outcome: 'allowed', answer: { 'Which language?': 'French' } })).toEqual(french);
	for (const nothing of [undefined, {}, 7]) {
		expect(answer({ outcome: 'allowed', answer: nothing })).toBeNull();
	}
	expect(answer({ outcome: 'denied' })).toBeNull();
});

test.each(['expired', 'cancelled', 'failed'] as const)('%s sends nothing', (outcome) => {
	for (const name of ['command-allowed', 'file-allowed', 'question'])
		expect(asked(name).answer({ outcome })).toBeNull();
});

test('questions of unknown kinds, secrets and broken ones are left to the terminal', () => {
	const none = () => [];
	expect(questionOf('item/fromTheFuture/requestApproval', {}, none, '/')).toBeNull();
	const secret = { questions: [{ id: 'a', question: 'Password?', isSecret: true }] };
	expect(questionOf('item/tool/requestUserInput', secret, none, '/')).toBeNull();
	expect(questionOf('item/tool/requestUserInput', { questions: [] }, none, '/')).toBeNull();
	expect(questionOf('item/commandExecution/requestApproval', { command: 7 }, none, '/')).toBeNull();
});

test('what the agent did is told in the words of the village', () => {
	const reports = (name: string) => items(name).flatMap((item) => reportsOf(item, '/repo'));
	expect(reports('command-allowed')).toMatchObject([
		{ kind: 'message', text: 'Say good morning', data: { by: 'user' } },
		{ kind: 'message', text: 'I make a file.' },
		{ kind: 'command', command: 'echo made > made.txt', exitCode: 0 },
		{ kind: 'message', text: 'All is done.' }
	]);
	expect(reports('command-denied')).toContainEqual(
		expect.objectContaining({ kind: 'tool_use', data: { denied: true } })
	);
	expect(reports('file-allowed')).toContainEqual({ kind: 'file_create', path: 'greeting.txt' });
});

test('status, usage and result are the server’s own words', () => {
	const params = (name: string, method: string) =>
		told(name)
			.filter((message) => message.method === method)
			.map((message) => message.params);
	expect(params('command-allowed', 'thread/status/changed').map(statusOf)).toEqual([
		'running',
		'waiting',
		'running',
		'idle'
	]);
	expect(params('command-allowed', 'thread/tokenUsage/updated').map(usageOf)).toEqual([
		{ tokensIn: 1200, tokensOut: 40, cachedTokens: 200 },
		{ tokensIn: 15398, tokensOut: 50, cachedTokens: 200 }
	]);
	expect(params('command-allowed', 'turn/completed').map(resultOf)).toEqual([{ ok: true }]);
	expect(params('interrupt', 'turn/completed').map(resultOf)).toEqual([null]);
	for (const read of [statusOf, usageOf, resultOf])
		for (const broken of [null, {}, { status: 1 }, 'x']) expect(read(broken)).toBeNull();
});
