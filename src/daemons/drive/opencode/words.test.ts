import { expect, test } from 'vitest';
import { recorded } from '../testing/recorded.ts';
import { isFinal, Part, diffOf, planOf, reportsOf } from './reports.ts';
import { askedOf, repliedOf, type Asked } from './requests.ts';
import { createMeter, failureOf, infoOf, statusOf } from './sessions.ts';

interface Told {
	type: string;
	properties: Record<string, unknown>;
}

const told = (name: string): Told[] =>
	recorded(`opencode/${name}`)
		.filter((line) => line.from === 'program')
		.map((line) => line.message as Told);
const told1 = (name: string, type: string): Told => told(name).find((one) => one.type === type)!;
const propertiesOf = (name: string, type: string): Record<string, unknown>[] =>
	told(name)
		.filter((one) => one.type === type)
		.map(({ properties }) => properties);

const more = { cwd: '/repo', inputOf: () => ({}) };
const read = (type: string, properties: unknown, input: object = {}): Asked | null =>
	askedOf(type, properties, { ...more, inputOf: () => ({ ...input }) });
function asked(name: string): Asked {
	const { type, properties } = told(name).find((one) => one.type.endsWith('.asked'))!;
	return read(type, properties)!;
}

test('a command that waits is shown as it is, and offers once and what always would remember', () => {
	const { id, subject, reply } = asked('command-allowed');
	expect(subject).toMatchObject({
		kind: 'command',
		action: 'shell',
		risk: 'medium',
		tool: 'bash',
		command: 'echo made > made.txt',
		cwd: '/repo',
		options: [
			{ id: 'once', label: 'Allow once' },
			{ id: 'always', label: 'Allow, and until this session ends do not ask about bash: echo *' }
		]
	});
	const path = `/permission/${id}/reply`;
	const once = { path, body: { reply: 'once' }, effect: 'allowed' };
	expect(reply({ outcome: 'allowed' })).toEqual(once);
	expect(reply({ outcome: 'allowed', optionId: 'other' })).toEqual(once);
	expect(reply({ outcome: 'allowed', optionId: 'always' })).toMatchObject({
		body: { reply: 'always' }
	});
	expect(reply({ outcome: 'denied', message: 'Not today.' })).toEqual({
		path,
		body: { reply: 'reject', message: 'Not today.' },
		effect: 'denied'
	});
	expect(reply({ outcome: 'denied' })?.body).toEqual({ reply: 'reject' });
});

test.each(['expired', 'cancelled', 'failed'] as const)('%s rejects', (outcome) => {
	for (const name of ['command-allowed', 'file-allowed', 'question'])
		expect(asked(name).reply({ outcome })?.effect).toBe('denied');
});

test('a file is shown as its diff with its path, and always would cover every one', () => {
	const { subject } = asked('file-allowed');
	expect(subject).toMatchObject({
		kind: 'file',
		action: 'file_write',
		paths: ['/repo/greeting.txt'],
		options: [
			{ id: 'once' },
			{ id: 'always', label: 'Allow, and until this session ends do not ask about any edit' }
		]
	});
	expect(subject.diff).toContain('+Good morning');
	expect(JSON.stringify(subject.details)).not.toContain('Good morning');
});

test('the command and the folder of the tool call are shown where the question has them not', () => {
	const ask = { ...told1('command-allowed', 'permission.asked').properties, metadata: {} };
	const input = { command: 'cd a && rm -rf b', workdir: 'sub', description: 'Tidy up' };
	expect(read('permission.asked', ask, input)?.subject).toMatchObject({
		command: 'cd a && rm -rf b',
		cwd: '/repo/sub',
		summary: 'Tidy up',
		risk: 'high'
	});
	const outside = { ...ask, permission: 'external_directory', patterns: ['/etc/*'], always: [] };
	const { subject } = read('permission.asked', outside, { filePath: '/etc/passwd' })!;
	expect(subject).toMatchObject({
		summary: 'Read /etc/passwd (outside: /etc/*)',
		paths: ['/etc/passwd'],
		options: [{ id: 'once', label: 'Allow once' }]
	});
	const far = { ...ask, permission: 'webfetch', patterns: ['https://example.org/'] };
	expect(read('permission.asked', far)?.subject).toMatchObject({
		action: 'network',
		summary: 'Fetch https://example.org/'
	});
});

test('a question of the next protocol is answered where that takes answers', () => {
	const { id, sessionID } = told1('command-allowed', 'permission.asked').properties;
	const next = { id, sessionID, action: 'bash', resources: ['ls'], save: ['ls *'] };
	const { subject, reply } = read('permission.v2.asked', next)!;
	expect(subject).toMatchObject({ command: 'ls', options: [{ id: 'once' }, { id: 'always' }] });
	expect(reply({ outcome: 'allowed' })?.path).toBe(
		`/api/session/${String(sessionID)}/permission/${String(id)}/reply`
	);
	const replied = { sessionID, requestID: id, reply: 'reject' };
	expect(repliedOf('permission.v2.replied', replied)).toEqual({ id, effect: 'denied' });
});

test('a question offers its choices; a denial rejects it, and no choice leaves it to the terminal', () => {
	const { id, subject, reply } = asked('question');
	expect(subject.options?.map(({ label }) => label)).toEqual(['English', 'French']);
	const path = `/question/${id}/reply`;
	const french = { path, body: { answers: [['French']] }, effect: 'allowed' };
	expect(reply({ outcome: 'allowed', optionId: 'answer-1' })).toEqual(french);
	expect(reply({ outcome: 'allowed', answer: { 'Which language?': 'French' } })).toEqual(french);
	for (const nothing of [undefined, {}, 7])
		expect(reply({ outcome: 'allowed', answer: nothing })).toBeNull();
	expect(reply({ outcome: 'denied' })).toMatchObject({ path: `/question/${id}/reject` });
});

test('questions with more than one answer, unknown ones and broken ones are left to the terminal', () => {
	const { properties } = told1('question', 'question.asked');
	const [question] = properties.questions as object[];
	const many = [{ ...question, multiple: true }];
	expect(read('question.asked', { ...properties, questions: many })).toBeNull();
	expect(read('question.asked', { ...properties, questions: [question, question] })).toBeNull();
	expect(read('question.asked', { ...properties, questions: [] })).toBeNull();
	expect(read('question.v2.asked', properties)).toBeNull();
	const ask = told1('command-allowed', 'permission.asked').properties;
	for (const broken of [{ patterns: 7 }, { id: '../session' }, { id: 7 }, { permission: '' }])
		expect(read('permission.asked', { ...ask, ...broken })).toBeNull();
	expect(read('permission.v2.asked', {})).toBeNull();
});

test('what was answered is read from the event alone', () => {
	const [replied] = propertiesOf('command-denied', 'permission.replied');
	expect(repliedOf('permission.replied', replied)).toMatchObject({ effect: 'denied' });
	const [answered] = propertiesOf('question', 'question.replied');
	expect(repliedOf('question.replied', answered)).toMatchObject({ effect: 'allowed' });
	expect(repliedOf('question.rejected', { requestID: 'que_1' })?.effect).toBe('denied');
	expect(repliedOf('permission.replied', { requestID: 'per_1', reply: 'maybe' })).toBeNull();
	expect(repliedOf('permission.asked', replied)).toBeNull();
});

test('what the agent did is told once, in the words of the village', () => {
	const reports = (name: string) => {
		const users = propertiesOf(name, 'message.updated')
			.map(({ info }) => info as { id: string; role: string })
			.filter(({ role }) => role === 'user')
			.map(({ id }) => id);
		return propertiesOf(name, 'message.part.updated').flatMap(({ part }) => {
			const parsed = Part.safeParse(part);
			if (!parsed.success) return [];
			const byUser = parsed.data.type === 'text' && users.includes(parsed.data.messageID);
			return isFinal(parsed.data, byUser) ? reportsOf(parsed.data, byUser, '/repo') : [];
		});
	};
	expect(reports('command-allowed')).toMatchObject([
		{ kind: 'message', text: 'Say good morning', data: { by: 'user' } },
		{ kind: 'message', text: 'I make a file.' },
		{ kind: 'command', command: 'echo made > made.txt', exitCode: 0, durationMs: 0 },
		{ kind: 'message', text: 'All is done.' }
	]);
	expect(reports('command-denied')).toContainEqual(
		expect.objectContaining({ kind: 'tool_use', tool: 'bash', data: { denied: true } })
	);
	expect(reports('file-allowed')).toContainEqual(
		expect.objectContaining({ kind: 'file_create', path: 'greeting.txt' })
	);
});

test('plans and diffs are told when there is something in them', () => {
	const todos = [
		{ content: 'Read', status: 'completed' },
		{ content: 'Write', status: 'pending' }
	];
	expect(planOf({ todos })).toEqual({ kind: 'plan', text: '[x] Read\n[ ] Write' });
	const diff = [{ file: 'made.txt', patch: '', additions: 1, deletions: 0, status: 'added' }];
	expect(diffOf({ diff })).toEqual({
		files: 1,
		report: { kind: 'diff', paths: ['made.txt'], data: { additions: 1, deletions: 0 } }
	});
	for (const nothing of [{ todos: [] }, { diff: [] }, null, { todos: 7 }, { diff: [{}] }])
		expect([planOf(nothing), diffOf(nothing)]).toEqual([null, null]);
});

test('status, failure and use are the server’s own words', () => {
	expect(
		propertiesOf('command-allowed', 'session.status').map((one) => statusOf(one)?.status)
	).toEqual([...Array<string>(5).fill('running'), 'idle']);
	const retry = {
		sessionID: 'ses_1',
		status: { type: 'retry', attempt: 1, message: 'Overloaded' }
	};
	expect(statusOf(retry)).toEqual({ id: 'ses_1', status: 'running', text: 'Overloaded' });
	const error = { name: 'MessageAbortedError', data: { message: 'Aborted' } };
	expect(failureOf({ sessionID: 'ses_1', error })?.interrupted).toBe(true);
	for (const broken of [null, {}, { status: 1 }, 'x'])
		expect([statusOf(broken), failureOf(broken), infoOf(broken)]).toEqual([null, null, null]);

	const meter = createMeter();
	const totals = told('command-allowed')
		.filter(({ type }) => /^session\.(created|updated)$/.test(type))
		.map(({ properties }) => meter.told(infoOf(properties.info)!))
		.filter((one) => one !== null);
	expect(totals).toEqual([
		{ tokensIn: 1200, tokensOut: 40, cachedTokens: 200, costUsd: 0.00366 },
		{ tokensIn: 9300, tokensOut: 50, cachedTokens: 200, costUsd: 0.02811 }
	]);
	const older = { id: 'ses_0', cost: 5, tokens: { input: 100, output: 50 } };
	expect(meter.told(infoOf(older)!)).toBeNull();
	expect(meter.told(infoOf({ ...older, cost: 6, parentID: 'ses_9' })!)).toMatchObject({
		costUsd: 1.02811
	});
	expect([meter.isChild('ses_0'), meter.isChild('ses_7')]).toEqual([true, false]);
});
