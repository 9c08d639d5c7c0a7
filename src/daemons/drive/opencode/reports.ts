// What opencode tells, in the words of the village.
import { isAbsolute, relative } from 'node:path';
import { z } from 'zod';
import { isTestRun } from '#domain/test-run.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';

const TEXT = 4000;

const figure = z.number().min(0).catch(0).default(0);
const Time = z.object({ start: z.number(), end: z.number().optional() }).partial();

/** Parts this driver tells of; others are let through. */
export const Part = z.discriminatedUnion('type', [
	z.object({
		type: z.literal('text'),
		id: z.string(),
		messageID: z.string(),
		text: z.string(),
		synthetic: z.boolean().nullish(),
		ignored: z.boolean().nullish(),
		time: Time.nullish()
	}),
	z.object({
		type: z.literal('tool'),
		id: z.string(),
		callID: z.string(),
		tool: z.string(),
		state: z.object({
			status: z.string(),
			input: z.record(z.string(), z.unknown()).catch({}).default({}),
			error: z.string().nullish(),
			metadata: z.record(z.string(), z.unknown()).nullish(),
			time: Time.nullish()
		})
	})
]);
export type Part = z.infer<typeof Part>;
type ToolPart = Extract<Part, { type: 'tool' }>;

const string = (value: unknown): string => (typeof value === 'string' ? value : '');
const PatchedFiles = z.array(z.object({ filePath: z.string(), type: z.string().nullish() }));

/** Whether a part is as it will stay; a person's text comes whole. */
export function isFinal(part: Part, byUser: boolean): boolean {
	if (part.type === 'tool') return /^(completed|error)$/.test(part.state.status);
	return byUser || part.time?.end !== undefined;
}

/** Reports of a part that is final; paths are relative to the folder the session works in. */
export function reportsOf(part: Part, byUser: boolean, cwd: string): WorkReport[] {
	if (part.type === 'tool') return toolReports(part, cwd);
	const text = part.text.trim().slice(0, TEXT);
	if (!text || part.synthetic || part.ignored) return [];
	return [{ kind: 'message', text, ...(byUser ? { data: { by: 'user' } } : {}) }];
}

const ACTS = /^(bash|write|edit|patch|apply_patch|webfetch|websearch)$/;

/** For a tool call that was done though nobody was asked: opencode finds nothing to ask about in a line like `> file`. */
export function unaskedOf(part: Part): WorkReport | null {
	if (part.type !== 'tool' || !ACTS.test(part.tool) || part.state.status !== 'completed')
		return null;
	const { input } = part.state;
	const what = string(input.command) || string(input.filePath) || string(input.url);
	const text = `opencode did not ask before it used ${part.tool}: ${what}`.slice(0, TEXT);
	return { kind: 'error', severity: 'medium', text };
}

function toolReports({ tool, state }: ToolPart, cwd: string): WorkReport[] {
	const { input, metadata, error, time } = state;
	const failed = state.status === 'error';
	const name = tool.slice(0, 200);
	if (failed && /rejected permission|rule which prevents/.test(error ?? '')) {
		const text = string(input.command) || string(input.filePath) || (error ?? '');
		return [{ kind: 'tool_use', tool: name, text: text.slice(0, TEXT), data: { denied: true } }];
	}
	const lasted =
		time?.start !== undefined && time.end !== undefined
			? { durationMs: Math.max(0, time.end - time.start) }
			: {};
	const about = {
		tool: name,
		...lasted,
		...(failed ? { severity: 'low' as const, text: (error ?? 'failed').slice(0, TEXT) } : {})
	};
	const at = (path: string): { path?: string } =>
		path ? { path: (isAbsolute(path) ? relative(cwd, path) : path).slice(0, 1000) } : {};
	switch (tool) {
		case 'bash': {
			const command = string(input.command).slice(0, TEXT);
			const { exit } = metadata ?? {};
			const exitCode = typeof exit === 'number' && Number.isInteger(exit) ? { exitCode: exit } : {};
			return [
				{ kind: isTestRun(command) ? 'test_run' : 'command', command, ...about, ...exitCode }
			];
		}
		case 'write':
		case 'edit': {
			const created = tool === 'write' && metadata?.exists === false;
			const kind = failed ? 'error' : created ? 'file_create' : 'file_edit';
			return [{ kind, ...at(string(input.filePath)), ...about }];
		}
		case 'apply_patch':
		case 'patch': {
			const files = PatchedFiles.safeParse(metadata?.files);
			if (failed || !files.success) return [{ kind: failed ? 'error' : 'file_edit', ...about }];
			return files.data.map(({ filePath, type }) => ({
				kind: type === 'add' ? 'file_create' : type === 'delete' ? 'file_delete' : 'file_edit',
				...at(filePath),
				...about
			}));
		}
		case 'read':
		case 'list':
			return [{ kind: 'file_read', ...at(string(input.filePath) || string(input.path)), ...about }];
		case 'grep':
		case 'glob':
		case 'websearch': {
			const text = string(input.pattern) || string(input.query);
			const words = failed ? {} : { text: text.slice(0, TEXT) };
			return [{ kind: 'search', ...at(string(input.path)), ...about, ...words }];
		}
		case 'todowrite':
		case 'question':
			// Told by their own events.
			return [];
		default:
			return [{ kind: 'tool_use', ...about }];
	}
}

const Todos = z.object({
	todos: z.array(z.object({ content: z.string(), status: z.string().default('') }))
});

/** The plan of `todo.updated`; null when it is empty. */
export function planOf(properties: unknown): WorkReport | null {
	const parsed = Todos.safeParse(properties);
	if (!parsed.success || parsed.data.todos.length === 0) return null;
	const lines = parsed.data.todos.map(
		({ content, status }) => `[${status === 'completed' ? 'x' : ' '}] ${content}`
	);
	return { kind: 'plan', text: lines.join('\n').slice(0, TEXT) };
}

const Diff = z.object({
	diff: z.array(z.object({ file: z.string(), additions: figure, deletions: figure }))
});

/** What a session has changed so far, by `session.diff`; null when nothing. */
export function diffOf(properties: unknown): { report: WorkReport; files: number } | null {
	const parsed = Diff.safeParse(properties);
	if (!parsed.success || parsed.data.diff.length === 0) return null;
	const { diff } = parsed.data;
	const sum = (read: (one: (typeof diff)[number]) => number): number =>
		diff.reduce((total, one) => total + read(one), 0);
	const additions = sum((one) => one.additions);
	const deletions = sum((one) => one.deletions);
	const paths = diff.slice(0, 100).map(({ file }) => file.slice(0, 1000));
	return {
		report: { kind: 'diff', paths, data: { additions, deletions } },
		files: diff.length
	};
}
