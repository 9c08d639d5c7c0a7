import { createRequire } from 'node:module';
import { expect, test, vi } from 'vitest';
import { openStandIn } from '../testing/driven.ts';

// Each is several processes after one another; beside other tests they start slowly.
vi.setConfig({ testTimeout: 90_000 });

/**
 * A stand-in with the program's own manners. As app-server it serves any number of clients on a Unix socket, and asks all
 * of them before it runs the command of a turn; the first answer wins. As interface (`--remote`) it makes the thread,
 * shows the question and answers it with `y` or `n`.
 */
const STAND_IN = `
const { WebSocketServer, WebSocket } = require(${JSON.stringify(createRequire(import.meta.url).resolve('ws'))});
const { createServer } = require('node:http');
const { execSync } = require('node:child_process');
const after = (name) => process.argv[process.argv.indexOf(name) + 1];
if (process.argv.includes('app-server')) {
	const http = createServer();
	const clients = new Map();
	let turns = 0, policy = null, settled = false, started = false;
	const all = (frame) => { for (const [socket, on] of clients) if (on) socket.send(JSON.stringify(frame)); };
	const item = (status) => ({ type: 'commandExecution', id: 'item-1', command: "bash -lc 'touch made'", commandActions: [{ command: 'touch made' }], status, exitCode: status === 'completed' ? 0 : null });
	const request = { id: 7, method: 'item/commandExecution/requestApproval', params: { threadId: 'thread-1', itemId: 'item-1', command: "bash -lc 'touch made'", cwd: process.cwd(), commandActions: [{ command: 'touch made' }], availableDecisions: ['accept', 'cancel'] } };
	const state = (...activeFlags) => all({ method: 'thread/status/changed', params: { status: { type: 'active', activeFlags } } });
	function decide(decision) {
		if (settled) return;
		settled = true;
		all({ method: 'serverRequest/resolved', params: { requestId: 7 } });
		state();
		if (decision === 'accept') execSync('touch made');
		all({ method: 'item/completed', params: { item: item(decision === 'accept' ? 'completed' : 'declined') } });
		all({ method: 'thread/tokenUsage/updated', params: { tokenUsage: { total: { inputTokens: 10, outputTokens: 2 } } } });
		all({ method: 'thread/status/changed', params: { status: { type: 'idle' } } });
		all({ method: 'turn/completed', params: { turn: { status: 'completed', decision } } });
	}
	new WebSocketServer({ server: http }).on('connection', (socket) => {
		clients.set(socket, false);
		socket.on('close', () => clients.delete(socket));
		socket.on('message', (data) => {
			const { id, method, params, result } = JSON.parse(String(data));
			const answer = (value) => socket.send(JSON.stringify({ id, result: value }));
			if (method === 'thread/start') { started = true; clients.set(socket, true); return answer({ thread: { id: 'thread-1' } }); }
			if (method === 'thread/loaded/list') return answer({ data: started ? ['thread-1'] : [] });
			if (method === 'thread/settings/update') { policy = params.approvalPolicy; return answer({}); }
			if (method === 'thread/resume') {
				if (turns === 0) return socket.send(JSON.stringify({ id, error: { message: 'no rollout found' } }));
				clients.set(socket, true);
				answer({});
				if (!settled) socket.send(JSON.stringify(request));
				return;
			}
			if (method === 'turn/start') {
				if (policy !== 'untrusted') throw new Error('not governed');
				turns += 1;
				answer({ turn: { id: 'turn-1' } });
				all({ method: 'item/completed', params: { item: { type: 'userMessage', id: 'u', content: params.input } } });
				state('waitingOnApproval');
				return all(request);
			}
			if (id === 7 && method === undefined) return decide(result.decision);
			if (id !== undefined) answer({});
		});
	});
	http.listen(after('--listen').replace('unix://', ''));
} else {
	const socket = new WebSocket('ws+unix://' + after('--remote').replace('unix://', '') + ':/');
	const send = (frame) => socket.send(JSON.stringify(frame));
	process.stdin.setRawMode(true).on('data', (key) => send({ id: 7, result: { decision: String(key) === 'y' ? 'accept' : 'decline' } }));
	socket.on('open', () => { send({ id: 1, method: 'initialize', params: {} }); send({ id: 2, method: 'thread/start', params: {} }); });
	socket.on('message', (data) => {
		const { method, params } = JSON.parse(String(data));
		if (method && method.endsWith('requestApproval')) console.log('dialog open');
		if (method === 'serverRequest/resolved') console.log('dialog closed');
		if (method === 'turn/completed') setTimeout(() => process.exit(params.turn.decision === 'accept' ? 0 : 3), 300);
	});
}
`;

const open = (program = STAND_IN) => openStandIn('codex', program, 'Touch it');

test('the task is given under our rule, and a yes from the inbox lets its command run', async () => {
	const driven = await open();
	const ask = await driven.asked();
	expect(ask).toMatchObject({ tool: 'shell', command: 'touch made', cwd: driven.folder });
	expect(driven.made()).toBe(false);
	await driven.until(() => driven.screen().includes('dialog open'));
	const { approvalId, generation } = ask;
	const about = { ...driven.ref, approvalId, generation };
	driven.runner.client.send({ t: 'approval.decision', ...about, decision: 'allow' });
	expect(await driven.runner.next('approval.applied')).toMatchObject({ effect: 'allowed' });
	expect(await driven.runner.next('exited', 30_000)).toMatchObject({ code: 0 });
	expect(driven.made()).toBe(true);
	expect(driven.screen()).toContain('dialog closed');
	expect(driven.usage()).toEqual({ tokensIn: 10, tokensOut: 2, cachedTokens: 0 });
	expect(driven.reports()).toContainEqual(
		expect.objectContaining({ kind: 'command', command: 'touch made', exitCode: 0 })
	);
	expect(driven.statuses().at(-2)).toBe('idle');
	expect(driven.told()).toContainEqual({ k: 'result', ok: true });
});

test('a no from the inbox keeps it from running', async () => {
	const driven = await open();
	await driven.asked('deny');
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

test('an app-server that does not start is said so, and is no result of the agent', async () => {
	const driven = await open('process.exit(5)');
	expect(await driven.runner.next('exited', 40_000)).toMatchObject({ code: 70 });
	expect(driven.screen()).toContain('the app-server of codex did not start');
	expect(driven.told()).toContainEqual(expect.objectContaining({ k: 'result', ok: false }));
});
