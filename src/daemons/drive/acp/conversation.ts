// What is said and asked in a conversation: shown in the terminal, told to the village, asked of its people.
import { RequestError } from '@agentclientprotocol/sdk';
import type { AskOutcome, OpenQuestion } from '../../session-door/ask.ts';
import { newApprovalId } from '../../session-door/ids.ts';
import type { DriverSession } from '../session.ts';
import type { AgentEvents } from './agent.ts';
import { plainLine, plainText } from './plain-text.ts';
import { createCalls, createUsage, reportsOf, resultOf } from './reports.ts';
import { questionOf, type PermissionAnswer } from './requests.ts';
import type { Screen } from './screen.ts';
import type { PermissionParams, ToolCall, TurnEnd } from './words.ts';

const TEXT = 4000;

export interface Conversation extends AgentEvents {
	begins(prompt: string): void;
	ends(end: TurnEnd): void;
	fails(message: string): void;
	/** Withdraws every open question: the agent is told "cancelled". */
	cancelOpen(): void;
}

const ANSWERS: Record<AskOutcome['outcome'], string> = {
	allowed: 'allowed in the inbox of the village',
	denied: 'denied in the inbox of the village',
	expired: 'nobody answered in time: not allowed',
	cancelled: 'withdrawn: not allowed',
	failed: 'could not be asked: not allowed'
};

export function createConversation({
	session,
	screen,
	cwd,
	agent,
	sessionId,
	tell
}: {
	session: DriverSession;
	screen: Screen;
	cwd: string;
	agent: string;
	sessionId: () => string | undefined;
	/** Says something to the agent when this turn is over. */
	tell: (text: string) => void;
}): Conversation {
	const calls = createCalls();
	const usage = createUsage();
	const open = new Map<OpenQuestion, string>();
	/** Calls that were not allowed and of which nothing was heard since. */
	const denied = new Map<string, ToolCall>();
	let message = '';
	let inTurn = false;

	function flush(): void {
		const text = plainText(message).trim().slice(0, TEXT);
		message = '';
		if (text) session.work({ kind: 'message', text });
	}
	function withdraw(toolCallId: string): void {
		for (const [question, id] of open) if (id === toolCallId) question.cancel();
	}
	function cancelOpen(): void {
		for (const question of open.keys()) question.cancel();
	}
	/** Some agents, Gemini CLI among them, say nothing more of a call that was not allowed. */
	function over(): void {
		inTurn = false;
		flush();
		cancelOpen();
		for (const [id, call] of denied) {
			calls.forget(id);
			for (const report of reportsOf(call, cwd, true)) session.work(report);
		}
		denied.clear();
	}

	function onTool(update: ToolCall, begins: boolean): void {
		flush();
		const call = calls.merge(update);
		const { status, toolCallId } = call;
		if (status !== 'completed' && status !== 'failed') {
			if (begins) screen.tool(call.title ?? 'a tool', 'started');
			return;
		}
		withdraw(toolCallId);
		calls.forget(toolCallId);
		const refused = denied.delete(toolCallId);
		const no = refused && status === 'failed';
		if (refused && !no) {
			const text = `${plainLine(call.title ?? 'A tool')}: ${agent} says it was done, although it was not allowed`;
			screen.warn(text);
			session.work({ kind: 'error', text });
		}
		const reports = reportsOf(call, cwd, no);
		for (const report of reports) session.work(report);
		const exit = reports.find((one) => one.exitCode !== undefined)?.exitCode;
		const word = no ? 'denied' : status;
		screen.tool(`${call.title ?? 'a tool'}${exit === undefined ? '' : ` → exit ${exit}`}`, word);
	}

	async function onPermission(
		params: PermissionParams,
		signal: AbortSignal
	): Promise<PermissionAnswer> {
		if (params.sessionId !== sessionId())
			throw RequestError.invalidParams(undefined, 'no such session');
		flush();
		const call = calls.merge(params.toolCall);
		const known = questionOf(params, call, { cwd, agent });
		const title = plainLine(known.subject.summary);
		screen.warn(`? ${title} – asked in the inbox of the village`);
		const question = session.ask(newApprovalId(Date.now()), known.subject);
		open.set(question, call.toolCallId);
		session.status('waiting', 'protocol');
		const withdrawn = (): void => question.cancel();
		signal.addEventListener('abort', withdrawn);
		if (signal.aborted) withdrawn();
		const outcome = await question.outcome;
		signal.removeEventListener('abort', withdrawn);
		open.delete(question);
		if (open.size === 0) session.status(inTurn ? 'running' : 'idle', 'protocol');
		const why = outcome.message && outcome.outcome === 'denied' ? `: ${outcome.message}` : '';
		screen.note(`  ${title} – ${ANSWERS[outcome.outcome]}${plainLine(why)}`);
		if (outcome.outcome !== 'allowed' && outcome.outcome !== 'cancelled')
			denied.set(call.toolCallId, call);
		if (why) tell(`"${title}" was not allowed${why}`);
		const answer = known.answer(outcome);
		if (outcome.outcome === 'allowed' && answer.outcome.outcome === 'cancelled')
			screen.warn(`  ${agent} offers no way to allow just this: it was told no`);
		return answer;
	}

	return {
		cancelOpen,
		onPermission,
		onUpdate({ sessionId: of, update }) {
			if (of !== sessionId()) return;
			switch (update.sessionUpdate) {
				case 'agent_message_chunk': {
					const text = update.content.text ?? `[${update.content.type}]`;
					if (message.length < TEXT) message += text;
					return screen.stream('message', text);
				}
				case 'agent_thought_chunk':
					return screen.stream('thought', update.content.text ?? '');
				case 'tool_call':
				case 'tool_call_update':
					return onTool(update, update.sessionUpdate === 'tool_call');
				case 'plan': {
					flush();
					screen.plan(update.entries);
					const text = update.entries.map(({ content, status }) => `${content} (${status})`);
					return session.work({ kind: 'plan', text: plainText(text.join('\n')).slice(0, TEXT) });
				}
				case 'current_mode_update':
					return screen.note(`mode: ${plainLine(update.currentModeId, 100)}`);
				case 'usage_update': {
					const totals = update.cost ? usage.cost(update.cost) : null;
					if (totals) session.usage(totals);
				}
			}
		},
		begins(prompt) {
			inTurn = true;
			screen.prompt(prompt);
			session.status('running', 'protocol');
			session.work({
				kind: 'message',
				text: plainText(prompt).slice(0, TEXT),
				data: { by: 'user' }
			});
		},
		ends(end) {
			over();
			const totals = usage.turn(end);
			if (totals) session.usage(totals);
			const result = resultOf(end.stopReason);
			if (result) session.result(result.ok, result.message);
			if (!result?.ok) screen.note(result?.message ?? 'cancelled');
		},
		fails(text) {
			over();
			session.result(false, text);
			session.work({ kind: 'error', text });
			screen.warn(text);
		}
	};
}
