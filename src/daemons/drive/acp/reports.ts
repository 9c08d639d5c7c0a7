// What the agent tells, in the words of the village.
import { isAbsolute, relative } from 'node:path';
import { isTestRun } from '#domain/test-run.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import type { UsageFigures } from '#protocol/runner/usage-totals.ts';
import { plainLine, plainText } from './plain-text.ts';
import { commandOf, pathsOf } from './requests.ts';
import type { ToolCall, TurnEnd } from './words.ts';

const TEXT = 4000;
/** Calls whose end was not told. */
const MAX_CALLS = 500;

const said = (text: string): string => plainText(text).slice(0, TEXT);

/** Calls as all updates together tell them. */
export function createCalls() {
	const calls = new Map<string, ToolCall>();
	return {
		/** Adds what is told; fields that are not told keep their value. */
		merge(update: ToolCall): ToolCall {
			const known = calls.get(update.toolCallId);
			const told = Object.entries(update).filter(
				([, value]) => value !== undefined && value !== null
			);
			const call = { ...known, ...Object.fromEntries(told) } as ToolCall;
			calls.set(call.toolCallId, call);
			const [oldest] = calls.keys();
			if (calls.size > MAX_CALLS && oldest !== undefined) calls.delete(oldest);
			return call;
		},
		forget: (toolCallId: string): boolean => calls.delete(toolCallId)
	};
}

function exitCodeOf({ rawOutput }: ToolCall): number | undefined {
	if (typeof rawOutput !== 'object' || rawOutput === null) return undefined;
	const { exitCode, exit_code: other } = rawOutput as Record<string, unknown>;
	const code = exitCode ?? other;
	return Number.isInteger(code) ? (code as number) : undefined;
}

/** Reports of a call that has ended; paths are relative to the folder the session works in. */
export function reportsOf(call: ToolCall, cwd: string, denied: boolean): WorkReport[] {
	const title = said(call.title ?? '') || 'tool';
	const tool = plainLine(call.kind ?? 'tool', 200) || 'tool';
	if (denied) return [{ kind: 'tool_use', tool, text: title, data: { denied: true } }];
	const failed = call.status === 'failed' ? { data: { failed: true } } : {};
	const local = (path: string): string =>
		plainText(isAbsolute(path) ? relative(cwd, path) || '.' : path).slice(0, 1000);
	if (call.kind === 'execute') {
		const command = said(commandOf(call));
		const exitCode = exitCodeOf(call);
		const kind = isTestRun(command) ? 'test_run' : 'command';
		return [{ kind, command, ...(exitCode === undefined ? {} : { exitCode }), ...failed }];
	}
	if (call.status === 'failed') return [{ kind: 'tool_use', tool, text: title, ...failed }];
	const diffs = (call.content ?? []).flatMap((one) => (one?.type === 'diff' ? one : []));
	if (diffs.length > 0)
		return diffs.slice(0, 100).map(({ path, oldText }) => ({
			kind: oldText ? 'file_edit' : 'file_create',
			path: local(path)
		}));
	const paths = pathsOf(call).slice(0, 100).map(local);
	switch (call.kind) {
		case 'edit':
		case 'move':
			return paths.map((path) => ({ kind: 'file_edit', path }));
		case 'delete':
			return paths.map((path) => ({ kind: 'file_delete', path }));
		case 'read':
			return paths.map((path) => ({ kind: 'file_read', path }));
		case 'search':
			return [{ kind: 'search', text: title }];
		default:
			return [{ kind: 'tool_use', tool, text: title }];
	}
}

/** Adds up what the turns of a session used; a price is a total already. */
export function createUsage() {
	const totals: UsageFigures = {};
	return {
		/** The totals after a turn, null when nothing is known yet. */
		turn({ usage, _meta }: TurnEnd): UsageFigures | null {
			const quota = _meta?.quota.token_count;
			const input = usage?.inputTokens ?? quota?.input_tokens;
			const output = usage?.outputTokens ?? quota?.output_tokens;
			if (input !== undefined && output !== undefined) {
				totals.tokensIn = (totals.tokensIn ?? 0) + input;
				totals.tokensOut = (totals.tokensOut ?? 0) + output;
				const cached = usage?.cachedReadTokens;
				if (typeof cached === 'number') totals.cachedTokens = (totals.cachedTokens ?? 0) + cached;
			}
			return Object.keys(totals).length > 0 ? { ...totals } : null;
		},
		/** The totals with a price, null when it is in another currency than dollars. */
		cost(cost: { amount: number; currency: string }): UsageFigures | null {
			if (cost.currency !== 'USD') return null;
			totals.costUsd = cost.amount;
			return { ...totals };
		}
	};
}

/** The agent's own word on a turn; null when somebody stopped it, which says nothing about the work. */
export function resultOf(stopReason: string): { ok: boolean; message?: string } | null {
	if (stopReason === 'cancelled') return null;
	if (stopReason === 'end_turn') return { ok: true };
	return { ok: false, message: `the turn ended as ${plainLine(stopReason, 100)}` };
}
