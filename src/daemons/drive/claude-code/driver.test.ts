import { expect, test, vi } from 'vitest';
import { openStandIn } from '../testing/driven.ts';

// Each is several processes after one another; beside other tests they start slowly.
vi.setConfig({ testTimeout: 90_000 });

/**
 * A stand-in with the program's own manners: reads `--settings`, tells its hooks, asks before it runs a command, and keeps a
 * dialog of its own in the terminal, where `y` and `n` answer as well. The first answer wins.
 */
const STAND_IN = `
const { readFileSync, writeFileSync } = require('node:fs');
const { execSync } = require('node:child_process');
const word = (name) => process.argv[process.argv.indexOf(name) + 1];
const settings = JSON.parse(readFileSync(word('--settings'), 'utf8'));
const hook = settings.hooks.PermissionRequest[0].hooks[0];
const [secret] = hook.allowedEnvVars;
const headers = { 'content-type': 'application/json' };
for (const [name, value] of Object.entries(hook.headers)) headers[name] = value.replace('$' + secret, process.env[secret]);
const common = { session_id: word('--session-id'), cwd: process.cwd() };
const post = (path, body, more = headers) => fetch(new URL(path, hook.url), { method: 'POST', headers: more, body });
const tell = async (name, more = {}) => (await post('/hook', JSON.stringify({ hook_event_name: name, ...common, ...more }))).json();
const decision = (value, source) => post('/v1/logs', JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: [
	['event.name', 'tool_decision'], ['tool_name', 'Bash'], ['tool_use_id', 'use-1'], ['decision', value], ['source', source]
].map(([key, stringValue]) => ({ key, value: { stringValue } })) }] }] }] }));
(async () => {
	execSync(settings.hooks.SessionStart[0].hooks[0].command, { input: '{}' });
	const statuses = [
		(await post('/hook', '{}', { ...headers, 'x-village-driver': 'x'.repeat(43) })).status,
		(await post('/hook', '{}', {})).status,
		(await post('/hook', 'not json')).status,
		(await post('/elsewhere', '{}')).status,
		(await post('/hook', JSON.stringify({ hook_event_name: 'FromTheFuture' }))).status
	];
	console.log('doors ' + statuses.join(' '));
	const use = { tool_name: 'Bash', tool_input: { command: 'touch made' }, tool_use_id: 'use-1' };
	await tell('UserPromptSubmit', { prompt: process.argv.at(-1) });
	await tell('PreToolUse', use);
	const typed = new Promise((resolve) => process.stdin.setRawMode(true).on('data', (key) => {
		if (String(key) === 'y') resolve('allow');
		if (String(key) === 'n') resolve('deny');
	}));
	console.log('dialog open');
	const asked = tell('PermissionRequest', { ...use, permission_suggestions: [] })
		.then(({ hookSpecificOutput }) => hookSpecificOutput ? 'hook ' + hookSpecificOutput.decision.behavior : new Promise(() => {}));
	const answer = await Promise.race([asked, typed]);
	console.log('answered ' + answer);
	const allowed = answer.endsWith('allow');
	await decision(allowed ? 'accept' : 'reject', answer.startsWith('hook') ? 'hook' : 'user_temporary');
	if (allowed) { execSync('touch made'); await tell('PostToolUse', { ...use, tool_response: {} }); }
	const wrote = { tool_name: 'Write', tool_input: { file_path: process.cwd() + '/greeting.txt', content: 'a' }, tool_response: { type: 'create' } };
	if (allowed) { await tell('PostToolUse', wrote); await tell('PostToolUse', { ...wrote, tool_response: { type: 'update' } }); }
	await tell('Stop', { last_assistant_message: 'done' });
	process.exit(allowed ? 0 : 3);
})();
`;

const open = () => openStandIn('claude_code', STAND_IN, '--do it');

test('a yes from the inbox lets the command run, and work, result and exit code are told', async () => {
	const driven = await open();
	const ask = await driven.asked();
	expect(ask).toMatchObject({ tool: 'Bash', command: 'touch made', cwd: driven.folder });
	expect(driven.made()).toBe(false);
	const { approvalId, generation } = ask;
	const answer = { ...driven.ref, approvalId, generation, decision: 'allow' as const };
	driven.runner.client.send({ t: 'approval.decision', ...answer });
	expect(await driven.runner.next('approval.applied')).toMatchObject({ effect: 'allowed' });
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
	expect(driven.made()).toBe(true);
	expect(driven.screen()).toContain('doors 401 401 400 404 200');
	expect(driven.screen()).toContain('answered hook allow');
	// Whether its start is seen before its first prompt is a matter of moments.
	const begun = ['starting', 'idle', 'running', 'waiting', 'running', 'idle', 'ended'];
	const statuses = driven.statuses();
	expect(statuses).toEqual(statuses[1] === 'idle' ? begun : begun.filter((_, at) => at !== 1));
	const work = driven.reports().filter(({ kind }) => kind !== 'status_change');
	expect(work).toMatchObject([
		{ kind: 'message', text: '--do it', data: { by: 'user' } },
		{ kind: 'command', command: 'touch made' },
		{ kind: 'file_create', path: 'greeting.txt' },
		{ kind: 'file_edit', path: 'greeting.txt' },
		{ kind: 'message', text: 'done' }
	]);
	expect(driven.told()).toContainEqual({ k: 'result', ok: true });
	expect(driven.usage(), 'a file that is written twice is one').toEqual({ filesChanged: 1 });
});

test('a no from the inbox keeps it from running', async () => {
	const driven = await open();
	await driven.asked('deny', { message: 'Not today.' });
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 3 });
	expect(driven.made()).toBe(false);
	expect(driven.screen()).toContain('answered hook deny');
});

test.each([
	['y', 'allowed', 0],
	['n', 'denied', 3]
] as const)(
	'the key %s in the terminal settles the question as %s there',
	async (key, effect, code) => {
		const driven = await open();
		const { approvalId } = await driven.asked();
		await driven.until(() => driven.screen().includes('dialog open'));
		driven.type(key);
		expect(await driven.runner.next('approval.applied', 30_000)).toMatchObject({
			approvalId,
			effect,
			by: 'terminal'
		});
		expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code });
		expect(driven.made()).toBe(code === 0);
	}
);

test('an expired question leaves the dialog, which still answers', async () => {
	const driven = await open();
	const { approvalId, generation } = await driven.asked();
	const about = { ...driven.ref, approvalId, generation };
	driven.runner.client.send({ t: 'approval.cancel', ...about, reason: 'expired' });
	await driven.until(() => driven.screen().includes('dialog open'));
	expect(driven.made()).toBe(false);
	driven.type('y');
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
	expect(driven.made()).toBe(true);
});

test('a driver that is killed while a question is open allows nothing', async () => {
	const driven = await open();
	const { approvalId } = await driven.asked();
	process.kill(driven.pid, 'SIGKILL');
	expect(await driven.runner.next('approval.withdrawn', 30_000)).toMatchObject({ approvalId });
	await driven.runner.next('exited', 30_000);
	expect(driven.made()).toBe(false);
});
