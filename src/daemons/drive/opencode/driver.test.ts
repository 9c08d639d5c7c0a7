import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { DriveSpec } from '../spec.ts';
import { openStandIn } from '../testing/driven.ts';
import { standIn, type Manners } from './testing/stand-in.ts';

// Each is several processes after one another; beside other tests they start slowly.
vi.setConfig({ testTimeout: 90_000 });

const open = (manners: Manners = {}, more: Partial<DriveSpec> = {}) =>
	openStandIn('opencode', standIn(manners), 'Touch it', more);
type Driven = Awaited<ReturnType<typeof open>>;

const decide = (driven: Driven, ask: { approvalId: string; generation: number }, more: object) => {
	const { approvalId, generation } = ask;
	const about = { t: 'approval.decision' as const, ...driven.ref, approvalId, generation };
	driven.runner.client.send({ ...about, decision: 'allow', ...more });
};
const has = (driven: Driven, file: string): boolean => existsSync(join(driven.folder, file));
/** The pids of what was started so far: `serve` and `attach`. */
const started = (driven: Driven): [string, number][] =>
	readFileSync(join(driven.folder, 'starts'), 'utf8')
		.trim()
		.split('\n')
		.map((line) => line.split(' '))
		.map(([what, pid]) => [what!, Number(pid)]);
function lives(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
const faults = (driven: Driven): string[] =>
	driven
		.reports()
		.filter(({ kind }) => kind === 'error')
		.map(({ text }) => text ?? '');

test('the task is given with its model, a yes from the inbox lets its command run, and nothing stays behind', async () => {
	const driven = await open({}, { model: 'maker/model-1' });
	const ask = await driven.asked();
	expect(ask).toMatchObject({
		tool: 'bash',
		action: 'shell',
		command: 'touch made',
		cwd: driven.folder,
		options: [
			{ id: 'once', label: 'Allow once' },
			{ id: 'always', label: 'Allow, and until this session ends do not ask about bash: touch *' }
		]
	});
	expect(driven.made()).toBe(false);
	await driven.until(() => driven.screen().includes('dialog open'));
	expect(driven.statuses().at(-1)).toBe('waiting');
	decide(driven, ask, {});
	expect(await driven.runner.next('approval.applied')).toMatchObject({ effect: 'allowed' });
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
	expect(driven.made()).toBe(true);
	expect(driven.screen()).toContain(`attached --dir ${driven.folder} --session ses_1`);
	expect(driven.screen()).toContain('dialog closed');
	expect(JSON.parse(readFileSync(join(driven.folder, 'model'), 'utf8'))).toEqual({
		providerID: 'maker',
		modelID: 'model-1'
	});
	expect(driven.usage()).toEqual({ tokensIn: 15, tokensOut: 2, cachedTokens: 5, costUsd: 0.5 });
	expect(driven.reports()).toContainEqual({
		kind: 'message',
		text: 'Touch it',
		data: { by: 'user' }
	});
	expect(driven.reports()).toContainEqual(
		expect.objectContaining({ kind: 'command', command: 'touch made', exitCode: 0 })
	);
	expect(driven.statuses().at(-2)).toBe('idle');
	expect(driven.told()).toContainEqual({ k: 'result', ok: true });
	expect(faults(driven)).toEqual([]);
	for (const [, pid] of started(driven)) await driven.until(() => !lives(pid));
});

test('a no from the inbox keeps it from running', async () => {
	const driven = await open();
	await driven.asked('deny');
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 3 });
	expect(driven.made()).toBe(false);
	expect(driven.reports()).toContainEqual(
		expect.objectContaining({ kind: 'tool_use', data: { denied: true } })
	);
});

test('a question nobody answers in time is rejected', async () => {
	const driven = await open({}, { askTimeoutMs: 1000 });
	await driven.asked();
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 3 });
	expect(driven.made()).toBe(false);
});

test.each([
	['y', 'allowed'],
	['n', 'denied']
] as const)('the key %s in the terminal settles the question as %s there', async (key, effect) => {
	const driven = await open();
	const { approvalId } = await driven.asked();
	await driven.until(() => driven.screen().includes('dialog open'));
	driven.type(key);
	expect(await driven.runner.next('approval.applied', 30_000)).toMatchObject({
		approvalId,
		effect,
		by: 'terminal'
	});
	await driven.runner.next('exited', 30_000);
	expect(driven.made()).toBe(effect === 'allowed');
});

test('two questions at once are answered each for itself', async () => {
	const driven = await open({ commands: ['touch made', 'touch other'] });
	const asks = [await driven.asked(), await driven.asked()];
	const [first, second] = ['touch made', 'touch other'].map((command) =>
		asks.find((one) => one.command === command)!
	);
	decide(driven, second!, {});
	await driven.until(() => has(driven, 'other'));
	expect(driven.made()).toBe(false);
	expect(driven.statuses().at(-1)).toBe('waiting');
	decide(driven, first!, { decision: 'deny' });
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 3 });
	expect(driven.made()).toBe(false);
});

test('a taken answer that the server does not repeat is said so, and nothing has run', async () => {
	const driven = await open({ deaf: true });
	await driven.asked('allow');
	await driven.until(() => faults(driven).length > 0);
	expect(faults(driven)).toEqual(['Run touch made: opencode did not confirm the answer.']);
	expect(driven.made()).toBe(false);
});

test('a server that dies with a question open ends the session, and the question is withdrawn', async () => {
	const driven = await open();
	const { approvalId } = await driven.asked();
	const [[, server] = ['', 0]] = started(driven);
	process.kill(server, 'SIGKILL');
	expect(await driven.runner.next('approval.withdrawn', 30_000)).toMatchObject({ approvalId });
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 70 });
	expect(driven.screen()).toContain('the server of opencode ended');
	expect(driven.made()).toBe(false);
	for (const [, pid] of started(driven)) await driven.until(() => !lives(pid));
});

test('a driver that is killed leaves no server and no interface behind', async () => {
	const driven = await open();
	await driven.asked();
	await driven.until(() => driven.screen().includes('dialog open'));
	process.kill(driven.pid, 'SIGKILL');
	await driven.runner.next('exited', 30_000);
	for (const [, pid] of started(driven)) await driven.until(() => !lives(pid));
	expect(driven.made()).toBe(false);
});

const told = (type: string, properties: object): string =>
	`data: ${JSON.stringify({ type, properties })}\n\n`;

test('a question is asked once however often it is told, and what nobody understands is passed over', async () => {
	const ask = { id: 'per_0', sessionID: 'ses_1', permission: 'bash', patterns: ['touch made'] };
	const before = [
		told('from.the.future', { id: 1 }),
		'data: not json\n\n',
		'data: {"type":7}\n\n',
		': a comment\n\n',
		told('permission.replied', { requestID: 'per_unknown', reply: 'always' }),
		told('session.status', { status: 'odd' }),
		told('message.part.updated', { part: { type: 'tool' } })
	].join('');
	const driven = await open({
		before,
		asked: `tell('permission.asked', ${JSON.stringify(ask)}); tell('todo.updated', { todos: [{ content: 'told', status: 'pending' }] });`
	});
	const asked = await driven.asked();
	await driven.until(() => driven.reports().some(({ kind }) => kind === 'plan'));
	decide(driven, asked, {});
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
	expect(driven.made()).toBe(true);
	expect(driven.runner.told.filter(({ t }) => t === 'approval.request')).toEqual([]);
});

test('a broken question is left to the terminal', async () => {
	const driven = await open({
		commands: ['true'],
		before: told('permission.asked', { id: 'per_9', permission: 'bash', patterns: 7 })
	});
	await driven.until(() => driven.statuses().includes('needs_terminal'));
	await driven.asked('allow');
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
});

test('a command that was run without a question is told as that', async () => {
	const part = { type: 'tool', id: 'prt_9', callID: 'call_9', tool: 'bash' };
	const state = { status: 'completed', input: { command: '> made' }, metadata: { exit: 0 } };
	const driven = await open({ before: told('message.part.updated', { part: { ...part, state } }) });
	await driven.asked('allow');
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
	expect(faults(driven)).toEqual(['opencode did not ask before it used bash: > made']);
});

test('a stream that breaks off in the middle of a question is opened again, and the question found', async () => {
	const driven = await open({
		asked: `hangUp('data: {"type":"permission.asked","proper');`
	});
	const ask = await driven.asked();
	// The driver, the interface, and the driver again.
	await driven.until(() => readFileSync(join(driven.folder, 'listens'), 'utf8').length === 3);
	decide(driven, ask, { decision: 'deny' });
	expect(await driven.runner.next('approval.applied')).toMatchObject({ effect: 'denied' });
	await driven.until(() =>
		driven.reports().some(({ data }) => (data as { denied?: boolean } | undefined)?.denied === true)
	);
	expect(driven.made()).toBe(false);
});

test('an event of 20 MB is passed over, and the question in it found in the list', async () => {
	const driven = await open({
		asked: `
			commands.push('touch late');
			left += 1;
			pending.set('per_1', question(1));
			tell('permission.asked', { ...question(1), filler: 'x'.repeat(20_000_000) });`
	});
	const asks = [await driven.asked(), await driven.asked()];
	expect(asks.map(({ command }) => command).sort()).toEqual(['touch late', 'touch made']);
	for (const ask of asks) decide(driven, ask, { decision: 'deny' });
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 3 });
	expect([driven.made(), has(driven, 'late')]).toEqual([false, false]);
});

test("a person's own rules cannot turn asking off", async () => {
	const rules = [
		{ permission: 'bash', pattern: '*', action: 'allow' },
		{ permission: 'bash', pattern: 'rm *', action: 'deny' }
	];
	const driven = await open({ rules });
	await driven.asked('allow');
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
	expect(started(driven).map(([what]) => what)).toEqual(['serve', 'serve', 'attach']);
});

test.each([
	['open', 'does not ask for its password'],
	['other', 'answered /agent with 401']
] as const)('a server whose door is %s is not used', async (door, words) => {
	const driven = await open({ door });
	expect(await driven.runner.next('exited', 40_000)).toMatchObject({ code: 70 });
	expect(driven.screen()).toContain(words);
	expect(started(driven)).toHaveLength(1);
	expect(driven.told()).toContainEqual(expect.objectContaining({ k: 'result', ok: false }));
});

test('a server that does not start, and a model nobody can name, are said so', async () => {
	const silent = await openStandIn('opencode', 'process.exit(5)', 'Touch it');
	expect(await silent.runner.next('exited', 40_000)).toMatchObject({ code: 70 });
	expect(silent.screen()).toContain('the server of opencode did not start');
	const odd = await open({}, { model: 'small' });
	expect(await odd.runner.next('exited', 40_000)).toMatchObject({ code: 70 });
	expect(odd.screen()).toContain('opencode names models provider/model, not small');
});
