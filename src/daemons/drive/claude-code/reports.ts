// What the program's events mean in the words of the village.
import { isAbsolute, relative } from 'node:path';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import { isTestRun } from '#domain/test-run.ts';
import type { HookInput } from './hook-input.ts';
import { intentOf } from './subject.ts';

const TEXT = 4000;

/** Work that an event tells of; paths are relative to the folder the session works in. */
export function reportsOf(event: HookInput, cwd: string): WorkReport[] {
	switch (event.hook_event_name) {
		case 'UserPromptSubmit':
			return event.prompt
				? [{ kind: 'message', text: event.prompt.slice(0, TEXT), data: { by: 'user' } }]
				: [];
		case 'PostToolUse':
		case 'PostToolUseFailure':
			return [toolReport(event, cwd)];
		case 'PermissionDenied':
			return [{ kind: 'tool_use', tool: event.tool_name.slice(0, 200), data: { denied: true } }];
		case 'Stop':
			return event.last_assistant_message
				? [{ kind: 'message', text: event.last_assistant_message.slice(0, TEXT) }]
				: [];
		case 'StopFailure':
			return [
				{ kind: 'error', severity: 'high', text: words(event.error) || 'The model did not answer.' }
			];
		default:
			return [];
	}
}

type ToolEvent = Extract<HookInput, { hook_event_name: 'PostToolUse' | 'PostToolUseFailure' }>;

function toolReport(event: ToolEvent, cwd: string): WorkReport {
	const { tool_name: tool, tool_input: input } = event;
	const failed = event.hook_event_name === 'PostToolUseFailure';
	const intent = intentOf(tool, input);
	const about = {
		tool: tool.slice(0, 200),
		...(event.duration_ms === undefined ? {} : { durationMs: Math.max(0, event.duration_ms) }),
		...(failed ? { severity: 'low' as const, text: (event.error ?? 'failed').slice(0, TEXT) } : {})
	};
	switch (intent.do) {
		case 'command': {
			const command = intent.command.slice(0, TEXT);
			const kind = isTestRun(command) ? ('test_run' as const) : ('command' as const);
			return { kind, command, ...about, ...exitCode(event) };
		}
		case 'write': {
			const created = isObject(event, 'tool_response') && event.tool_response.type === 'create';
			const kind = failed ? 'error' : created ? 'file_create' : 'file_edit';
			return { kind, ...paths(intent.paths, cwd), ...about };
		}
		case 'read': {
			const kind = tool === 'Read' || tool === 'LS' ? 'file_read' : 'search';
			return { kind, ...paths(intent.paths, cwd), ...about };
		}
		case 'plan':
			return { kind: 'plan', ...about, text: String(input.plan ?? 'A plan').slice(0, TEXT) };
		default:
			return { kind: 'tool_use', ...about };
	}
}

/** A command that ran to its end; the program tells no number but in the words of a failure. */
function exitCode(event: ToolEvent): { exitCode?: number } {
	if (event.hook_event_name === 'PostToolUse') return { exitCode: 0 };
	const code = /exit code (\d+)/i.exec(event.error ?? '')?.[1];
	return code === undefined ? {} : { exitCode: Number(code) };
}

function paths(of: readonly string[], cwd: string): Pick<WorkReport, 'path'> {
	const path = of[0];
	if (!path) return {};
	return { path: (isAbsolute(path) ? relative(cwd, path) : path).slice(0, 1000) };
}

function isObject(
	event: ToolEvent,
	key: 'tool_response'
): event is Extract<ToolEvent, { hook_event_name: 'PostToolUse' }> & {
	tool_response: Record<string, unknown>;
} {
	return key in event && typeof (event as { [key]?: unknown })[key] === 'object';
}

function words(error: unknown): string {
	if (typeof error === 'string') return error.slice(0, TEXT);
	return error === undefined ? '' : JSON.stringify(error).slice(0, TEXT);
}
