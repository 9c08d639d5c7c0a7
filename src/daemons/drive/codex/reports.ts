// What the app-server tells, in the words of the village.
import { isAbsolute, relative } from 'node:path';
import { z } from 'zod';
import { isTestRun } from '#domain/test-run.ts';
import type { UsageFigures } from '#protocol/runner/usage-totals.ts';
import { scriptOf } from './script.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import { FileChange } from './requests.ts';

const TEXT = 4000;

/** Items this driver tells of; others are let through. */
export const Item = z.discriminatedUnion('type', [
	z.object({
		type: z.literal('userMessage'),
		id: z.string(),
		content: z.array(z.object({ type: z.string(), text: z.string().optional() })).catch([])
	}),
	z.object({ type: z.literal('agentMessage'), id: z.string(), text: z.string().default('') }),
	z.object({
		type: z.literal('commandExecution'),
		id: z.string(),
		command: z.string().default(''),
		status: z.string().default(''),
		exitCode: z.number().int().nullish(),
		durationMs: z.number().nullish()
	}),
	z.object({
		type: z.literal('fileChange'),
		id: z.string(),
		changes: z.array(FileChange).catch([]).default([]),
		status: z.string().default('')
	}),
	z.object({
		type: z.literal('mcpToolCall'),
		id: z.string(),
		tool: z.string().default('tool'),
		status: z.string().default('')
	}),
	z.object({ type: z.literal('webSearch'), id: z.string(), query: z.string().default('') }),
	z.object({ type: z.literal('plan'), id: z.string(), text: z.string().default('') })
]);
export type Item = z.infer<typeof Item>;

/** Reports of an item that was completed; paths are relative to the folder the session works in. */
export function reportsOf(item: Item, cwd: string): WorkReport[] {
	switch (item.type) {
		case 'userMessage': {
			const text = item.content
				.map((one) => one.text ?? '')
				.join('\n')
				.trim();
			return text ? [{ kind: 'message', text: text.slice(0, TEXT), data: { by: 'user' } }] : [];
		}
		case 'agentMessage':
			return item.text ? [{ kind: 'message', text: item.text.slice(0, TEXT) }] : [];
		case 'commandExecution': {
			const command = scriptOf(item.command);
			if (item.status === 'declined')
				return [
					{ kind: 'tool_use', tool: 'shell', text: command.slice(0, TEXT), data: { denied: true } }
				];
			return [
				{
					kind: isTestRun(command) ? 'test_run' : 'command',
					command: command.slice(0, TEXT),
					...(typeof item.exitCode === 'number' ? { exitCode: item.exitCode } : {}),
					...(typeof item.durationMs === 'number'
						? { durationMs: Math.max(0, item.durationMs) }
						: {})
				}
			];
		}
		case 'fileChange':
			if (item.status !== 'completed') return [];
			return item.changes.map(({ path, kind }) => ({
				kind:
					kind?.type === 'add'
						? ('file_create' as const)
						: kind?.type === 'delete'
							? ('file_delete' as const)
							: ('file_edit' as const),
				path: (isAbsolute(path) ? relative(cwd, path) : path).slice(0, 1000)
			}));
		case 'mcpToolCall':
			return [{ kind: 'tool_use', tool: item.tool.slice(0, 200) }];
		case 'webSearch':
			return [{ kind: 'search', text: item.query.slice(0, TEXT) }];
		case 'plan':
			return item.text ? [{ kind: 'plan', text: item.text.slice(0, TEXT) }] : [];
	}
}

const TokenUsage = z.object({
	tokenUsage: z.object({
		total: z.object({
			inputTokens: z.number(),
			outputTokens: z.number(),
			cachedInputTokens: z.number().default(0)
		})
	})
});

/** Totals of `thread/tokenUsage/updated`; the app-server tells no price. */
export function usageOf(params: unknown): UsageFigures | null {
	const parsed = TokenUsage.safeParse(params);
	if (!parsed.success) return null;
	const { inputTokens, outputTokens, cachedInputTokens } = parsed.data.tokenUsage.total;
	return { tokensIn: inputTokens, tokensOut: outputTokens, cachedTokens: cachedInputTokens };
}

const Status = z.object({
	status: z.object({ type: z.string(), activeFlags: z.array(z.string()).catch([]).default([]) })
});

/** The thread's own word for what it is doing. */
export function statusOf(params: unknown): 'idle' | 'waiting' | 'running' | null {
	const parsed = Status.safeParse(params);
	if (!parsed.success) return null;
	const { type, activeFlags } = parsed.data.status;
	if (type === 'idle') return 'idle';
	if (type !== 'active') return null;
	return activeFlags.some((flag) => flag.startsWith('waitingOn')) ? 'waiting' : 'running';
}

const Completed = z.object({
	turn: z.object({
		status: z.string(),
		error: z.object({ message: z.string().default('') }).nullish()
	})
});

/** How a turn went; null for one that was interrupted, which says nothing about the work. */
export function resultOf(params: unknown): { ok: boolean; message?: string } | null {
	const parsed = Completed.safeParse(params);
	if (!parsed.success || parsed.data.turn.status === 'interrupted') return null;
	const { status, error } = parsed.data.turn;
	if (status === 'completed') return { ok: true };
	return { ok: false, message: error?.message || `the turn ended as ${status}` };
}
