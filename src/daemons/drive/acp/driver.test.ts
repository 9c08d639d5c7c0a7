import { expect, test, vi } from 'vitest';
import { openStandIn } from '../testing/driven.ts';
import { standIn } from './testing/stand-in.ts';

// Each is several processes after one another; beside other tests they start slowly.
vi.setConfig({ testTimeout: 90_000 });

const open = (turn: string, more: { askTimeoutMs?: number } = {}) =>
	openStandIn('gemini_cli', standIn(turn), 'Touch it', more);

/** The turn has ended, and the person ends the session. */
async function leave(driven: Awaited<ReturnType<typeof open>>) {
	await driven.until(() => driven.statuses().at(-1) === 'idle');
	driven.type('\u0003\u0003');
	return driven.runner.next('exited', 30_000);
}

test('a yes from the inbox lets its command run, and what it did and used is told', async () => {
	const driven = await open('say("I touch it."); await ask();');
	const ask = await driven.asked();
	expect(ask).toMatchObject({
		kind: 'command',
		action: 'shell',
		command: 'touch made',
		cwd: driven.folder,
		options: [
			{ label: 'For this session – Gemini CLI will not ask about it again' },
			{ label: 'Allow once' }
		]
	});
	expect(driven.made()).toBe(false);
	expect(driven.statuses().at(-1)).toBe('waiting');
	const { approvalId, generation } = ask;
	const about = { ...driven.ref, approvalId, generation };
	driven.runner.client.send({ t: 'approval.decision', ...about, decision: 'allow' });
	expect(await leave(driven)).toMatchObject({ code: 0 });
	expect(driven.made()).toBe(true);
	expect(driven.usage()).toEqual({ tokensIn: 10, tokensOut: 2 });
	expect(driven.told()).toContainEqual({ k: 'result', ok: true });
	for (const report of [
		{ kind: 'message', text: 'Touch it', data: { by: 'user' } },
		{ kind: 'message', text: 'I touch it.' },
		{ kind: 'command', command: 'touch made', exitCode: 0 }
	])
		expect(driven.reports()).toContainEqual(report);
	expect(driven.screen()).toContain('I touch it.');
	expect(driven.screen()).toContain('allowed in the inbox');
});

test('a no keeps it from running, and its reason is the next thing the agent hears', async () => {
	const driven = await open('if (turns === 1) await ask(); else say("heard: " + text);');
	await driven.asked('deny', { message: 'use the other file' });
	await driven.until(() => driven.screen().includes('heard: "Run touch made" was not allowed'));
	await leave(driven);
	expect(driven.made()).toBe(false);
	expect(driven.screen()).toContain('[no]');
	expect(driven.reports()).toContainEqual(expect.objectContaining({ data: { denied: true } }));
});

test('a denied call of which nothing more is heard is told, and one that is said to be done all the same is told as that', async () => {
	const driven = await open(`
		const tool = (toolCallId) => ({ toolCall: { toolCallId, status: 'pending', title: toolCallId, kind: 'execute' }, sessionId: 's', options: OPTIONS });
		await call('session/request_permission', tool('silent'));
		await call('session/request_permission', tool('bold'));
		update({ sessionUpdate: 'tool_call_update', toolCallId: 'bold', status: 'completed' });
	`);
	await driven.asked('deny');
	await driven.asked('deny');
	await leave(driven);
	expect(driven.reports()).toContainEqual({
		kind: 'tool_use',
		tool: 'execute',
		text: 'silent',
		data: { denied: true }
	});
	expect(driven.reports()).toContainEqual({
		kind: 'error',
		text: expect.stringMatching(/^bold: .* although it was not allowed$/) as string
	});
});

test('a question nobody answers in time does not let it run', async () => {
	const driven = await open('await ask();', { askTimeoutMs: 1000 });
	await driven.asked();
	await leave(driven);
	expect(driven.made()).toBe(false);
	expect(driven.screen()).toContain('[no]');
});

test('malformed questions get an error, nobody is asked, and the turn goes on', async () => {
	const driven = await open(`
		await ask('touch made', { options: [] });
		await ask('touch made', { options: [{ optionId: 'once', name: 'x', kind: 'allow_whatever' }] });
		await ask('touch made', { toolCall: 7 });
		await ask('touch made', { sessionId: 'other' });
		say((await call('fs/read_text_file', { path: '/etc/passwd' })).error.code + ' all');
	`);
	expect(await leave(driven)).toMatchObject({ code: 0 });
	expect(driven.screen().match(/\[error -32602\]/g)).toHaveLength(4);
	expect(driven.screen()).toContain('-32601 all');
	expect(driven.statuses()).not.toContain('waiting');
	expect(driven.made()).toBe(false);
});

test('an agent that dies while it asks takes its question with it', async () => {
	const driven = await open(
		'void ask(); setTimeout(() => process.kill(process.pid, "SIGKILL"), 500); await new Promise(() => 0);'
	);
	const { approvalId } = await driven.asked();
	expect(await driven.runner.next('approval.withdrawn', 30_000)).toMatchObject({ approvalId });
	await driven.runner.next('exited', 30_000);
	expect(driven.made()).toBe(false);
});

test('a question the agent takes back is withdrawn', async () => {
	const driven = await open(
		'void ask(); setTimeout(() => write({ method: "$/cancel_request", params: { requestId: "q1" } }), 500); await new Promise((go) => setTimeout(go, 1500));'
	);
	const { approvalId } = await driven.asked();
	expect(await driven.runner.next('approval.withdrawn', 30_000)).toMatchObject({ approvalId });
	await leave(driven);
	expect(driven.made()).toBe(false);
});

test('lines in halves, lines that are no JSON, unknown updates and a line of 20 MB end nothing', async () => {
	const driven = await open(`
		process.stdout.write('not json\\n[]\\n7\\n');
		update({ sessionUpdate: 'of_tomorrow', anything: 1 });
		update({ sessionUpdate: 'tool_call', toolCallId: 'big', title: 'Big', kind: 'read', status: 'completed', rawOutput: 'x'.repeat(20e6) });
		const line = JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's', update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'whole again' } } } }) + '\\n';
		process.stdout.write(line.slice(0, 50));
		await new Promise((go) => setTimeout(go, 100));
		process.stdout.write(line.slice(50));
	`);
	expect(await leave(driven)).toMatchObject({ code: 0 });
	expect(driven.reports()).toContainEqual({ kind: 'message', text: 'whole again' });
	expect(driven.screen()).toContain('Big');
});

test('two questions at once are answered apart', async () => {
	const driven = await open('await Promise.all([ask("touch one"), ask("touch made")]);');
	const first = await driven.asked();
	const second = await driven.asked();
	for (const { approvalId, generation, command } of [first, second])
		driven.runner.client.send({
			t: 'approval.decision',
			...driven.ref,
			approvalId,
			generation,
			decision: command === 'touch made' ? 'deny' : 'allow'
		});
	await leave(driven);
	expect(driven.made()).toBe(false);
	expect(driven.screen()).toContain('[once]');
	expect(driven.screen()).toContain('[no]');
});

test('hostile text reaches neither the terminal nor the inbox as more than text', async () => {
	const driven = await open(`
		say('\\u001b[2J\\u001b]52;c;aGk=\\u0007\\u009b5Aclean\\u001b]0;title\\u001b\\\\ text');
		await ask('true \\u001b[1A\\rtouch made');
	`);
	const { summary } = await driven.asked('deny');
	expect(summary).toBe('Run true touch made');
	await leave(driven);
	expect(driven.screen()).toContain('clean text');
	for (const bad of ['\u001b[2J', '\u001b]', '\u009b', '\u001b[1A'])
		expect(driven.screen()).not.toContain(bad);
});

test('^C cancels the turn with its question, and the conversation goes on', async () => {
	const driven = await open(
		'if (turns === 1) { await ask(); return cancelled ? "cancelled" : "end_turn"; } say("second: " + text);'
	);
	const { approvalId } = await driven.asked();
	driven.type('\u0003');
	expect(await driven.runner.next('approval.withdrawn', 30_000)).toMatchObject({ approvalId });
	await driven.until(() => driven.statuses().at(-1) === 'idle');
	expect(driven.told().some((one) => one.k === 'result')).toBe(false);
	driven.type('and now\r');
	await driven.until(() => driven.screen().includes('second: and now'));
	await leave(driven);
	expect(driven.screen()).toContain('[cancelled]');
	expect(driven.made()).toBe(false);
});

test('^C when nothing is done ends nothing the first time', async () => {
	const driven = await open('say("heard " + text);');
	await driven.until(() => driven.statuses().at(-1) === 'idle');
	expect(driven.screen()).toContain('heard Touch it');
	driven.type('\u0003');
	await driven.until(() => driven.screen().includes('once more ends the session'));
	driven.type('more\r');
	await driven.until(() => driven.screen().includes('heard more'));
	await driven.until(() => driven.told().filter((one) => one.k === 'result').length === 2);
	await driven.until(() => driven.statuses().at(-1) === 'idle');
	driven.type('\u0003');
	await driven.until(() => driven.screen().split('once more ends').length === 3);
	driven.type('\u0003');
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
});

test('a prompt typed while a turn runs is given to the agent after it', async () => {
	const driven = await open('if (turns === 1) await ask(); else say("second: " + text);');
	const { approvalId, generation } = await driven.asked();
	driven.type('then this\r');
	await driven.until(() => driven.screen().includes('queued'));
	const about = { ...driven.ref, approvalId, generation };
	driven.runner.client.send({ t: 'approval.decision', ...about, decision: 'allow' });
	await driven.until(() => driven.screen().includes('second: then this'));
	expect(await leave(driven)).toMatchObject({ code: 0 });
});

test('an agent that is not signed in says what to do, and goes on when that was done', async () => {
	const program = standIn('say("I heard " + text);').replace(
		"if (method === 'session/new') write({ id, result: { sessionId: 's' } });",
		`if (method === 'session/new')
			write(turns++ === 0 ? { id, error: { code: -32000, message: 'Authentication required' } } : { id, result: { sessionId: 's' } });`
	);
	const driven = await openStandIn('gemini_cli', program, 'Touch it');
	await driven.until(() => driven.statuses().includes('needs_terminal'));
	expect(driven.screen()).toContain('is not signed in');
	expect(driven.screen()).not.toContain('I heard');
	driven.type('\r');
	await driven.until(() => driven.screen().includes('I heard Touch it'));
	expect(await leave(driven)).toMatchObject({ code: 0 });
});

test('an agent that does not start says why', async () => {
	const driven = await openStandIn(
		'gemini_cli',
		`console.error('no such model'); process.exit(3);`,
		'Touch it'
	);
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 3 });
	expect(driven.screen()).toContain('no such model');
});
