// Codex: an app-server of its own behind a private socket, its interface in the terminal, and us as a second client that
// hears every question (protocols of the app-server; docs/architecture.md, Agents).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newApprovalId } from '../../session-door/ids.ts';
import type { OpenQuestion } from '../../session-door/ask.ts';
import type { Driver, DriverContext, DriverEnd } from '../driver.ts';
import { startInTerminal } from '../terminal-child.ts';
import { Item, reportsOf, resultOf, statusOf, usageOf } from './reports.ts';
import { questionOf, type CodexQuestion, type FileChange } from './requests.ts';
import { connectRpc, type RequestId, type Rpc } from './rpc.ts';

/** How long the app-server may take to listen. */
const LISTEN_MS = 20_000;
/** How long after an answer in the terminal its item may tell which one it was. */
const TELL_MS = 1_500;
/** Threads are made by the interface; until one is there we look for it. */
const LOOK_MS = 300;
/** Every command that is not known to only read is asked about; the setting no longer exists in files, only here. */
const GOVERNED = { approvalPolicy: 'untrusted' };
/** Patches whose questions have not come yet. */
const MAX_ITEMS = 200;

interface Open {
	itemId: string | null;
	question: OpenQuestion;
}

export const driveCodex: Driver = async (context) => {
	const { spec, env, cwd, folder } = context;
	const socketPath = join(folder, 'app.sock');
	const config = ['-c', 'approval_policy="on-request"', '-c', 'sandbox_mode="workspace-write"'];
	const server = spawn(
		spec.program[0]!,
		[...spec.program.slice(1), 'app-server', '--listen', `unix://${socketPath}`, ...config],
		{ cwd, env, stdio: ['ignore', 'ignore', 'ignore'] }
	);
	let serverError: Error | null = null;
	server.on('error', (error) => (serverError = error));
	try {
		const until = Date.now() + LISTEN_MS;
		while (!existsSync(socketPath)) {
			if (serverError) throw serverError as Error;
			if (server.exitCode !== null || Date.now() > until)
				throw new Error('the app-server of codex did not start');
			await sleep(50);
		}
		return await drive(context, socketPath, config);
	} finally {
		server.kill('SIGTERM');
	}
};

async function drive(
	{ spec, session, cwd, env }: DriverContext,
	socketPath: string,
	config: readonly string[]
): Promise<DriverEnd> {
	const open = new Map<RequestId, Open>();
	const changes = new Map<string, readonly FileChange[]>();
	const governed = new Set<string>();
	const followed = new Set<string>();
	let ended = false;
	let task = spec.task;

	async function ask(rpc: Rpc, id: RequestId, known: CodexQuestion): Promise<void> {
		const question = session.ask(newApprovalId(Date.now()), known.subject);
		open.set(id, { itemId: known.itemId, question });
		const outcome = await question.outcome;
		// Answered in the terminal meanwhile: nothing is sent.
		if (!open.delete(id)) return;
		const answer = known.answer(outcome);
		if (answer) rpc.answer(id, answer);
	}

	/** Somebody answered in the terminal; what became of the item says how. */
	function answeredThere(id: RequestId): void {
		const one = open.get(id);
		if (!one) return;
		open.delete(id);
		const { itemId, question } = one;
		const timer = setTimeout(() => settle('indeterminate'), TELL_MS);
		const settle = (effect: 'allowed' | 'denied' | 'indeterminate'): void => {
			clearTimeout(timer);
			if (itemId) outcomes.delete(itemId);
			question.answeredElsewhere(effect);
		};
		if (itemId) outcomes.set(itemId, settle);
	}
	const outcomes = new Map<string, (effect: 'allowed' | 'denied') => void>();

	function onItem(params: Record<string, unknown>, completed: boolean): void {
		const parsed = Item.safeParse(params.item);
		if (!parsed.success) return;
		const item = parsed.data;
		if (item.type === 'fileChange') {
			changes.set(item.id, item.changes);
			const [oldest] = changes.keys();
			if (changes.size > MAX_ITEMS && oldest !== undefined) changes.delete(oldest);
		}
		if (!completed) return;
		if ('status' in item)
			outcomes.get(item.id)?.(item.status === 'declined' ? 'denied' : 'allowed');
		for (const report of reportsOf(item, cwd)) session.work(report);
	}

	/** Makes a thread of the interface ask about everything, gives it the task, and hears what happens in it. */
	async function follow(rpc: Rpc, threadId: string): Promise<void> {
		if (followed.has(threadId)) return;
		if (!governed.has(threadId)) {
			await rpc.call('thread/settings/update', { threadId, ...GOVERNED });
			governed.add(threadId);
		}
		if (task !== undefined) {
			const input = [{ type: 'text', text: task }];
			task = undefined;
			await rpc.call('turn/start', { threadId, input, ...GOVERNED });
		}
		// Refused as long as it has no turn; then it is tried again.
		await rpc.call('thread/resume', { threadId, excludeTurns: true });
		followed.add(threadId);
		session.status('running', 'protocol', { conversationId: threadId });
	}

	const rpc: Rpc = await connectRpc(socketPath, {
		onNotification(method, params) {
			switch (method) {
				case 'item/started':
				case 'item/completed':
					return onItem(params, method === 'item/completed');
				case 'serverRequest/resolved':
					return answeredThere(params.requestId as RequestId);
				case 'thread/status/changed': {
					const status = statusOf(params);
					return status ? session.status(status, 'protocol') : undefined;
				}
				case 'thread/tokenUsage/updated': {
					const usage = usageOf(params);
					return usage ? session.usage(usage) : undefined;
				}
				case 'turn/completed': {
					const result = resultOf(params);
					return result ? session.result(result.ok, result.message) : undefined;
				}
			}
		},
		onRequest(id, method, params) {
			const known = questionOf(method, params, (itemId) => changes.get(itemId) ?? [], cwd);
			if (known) return void ask(rpc, id, known);
			const text = 'It asks something in its terminal that cannot be answered elsewhere.';
			session.status('needs_terminal', 'protocol', { text });
		},
		onClose() {
			for (const { question } of open.values()) question.cancel();
			open.clear();
		}
	});
	const clientInfo = { name: 'agent-village', title: 'Agent Village', version: '0.1.0' };
	await rpc.call('initialize', { clientInfo, capabilities: { experimentalApi: true } });
	rpc.notify('initialized');

	/** The interface makes a thread when it starts, and another when its person wants one. */
	async function look(): Promise<void> {
		while (!ended) {
			try {
				const { data } = await rpc.call('thread/loaded/list', {});
				for (const threadId of Array.isArray(data) ? data : [])
					if (typeof threadId === 'string') await follow(rpc, threadId);
			} catch {
				// Refused for now, or the app-server is going: the interface ends with it.
			}
			await sleep(LOOK_MS, undefined, { ref: false });
		}
	}
	void look();

	const argv = [
		...spec.program,
		...['--remote', `unix://${socketPath}`, ...config],
		...(spec.model ? ['--model', spec.model] : [])
	];
	try {
		return await startInTerminal(argv, { cwd, env }).ended;
	} finally {
		ended = true;
		rpc.close();
	}
}
