// From the agent's questions to ours, and from our answers to the options it offers.
import { classify, type Intent } from '#domain/approval-class.ts';
import type { AskOutcome } from '../../session-door/ask.ts';
import { cutCommand, cutPaths } from '../cut.ts';
import { cutDiff, lineDiff } from '../line-diff.ts';
import type { Subject } from '../session.ts';
import { plainLine, plainText } from './plain-text.ts';
import type { PermissionParams, ToolCall } from './words.ts';

/** Result of `session/request_permission`. */
export type PermissionAnswer =
	{ outcome: { outcome: 'cancelled' } } | { outcome: { outcome: 'selected'; optionId: string } };

export interface AcpQuestion {
	subject: Subject;
	answer(outcome: AskOutcome): PermissionAnswer;
}

/** Files a tool call names. */
export function pathsOf({ content, locations }: ToolCall): string[] {
	const changed = (content ?? []).flatMap((one) => (one?.type === 'diff' ? one.path : []));
	return [...new Set([...changed, ...(locations ?? []).map(({ path }) => path)])];
}

/** The command line of a call that runs one: as its input says it, or as its title. */
export function commandOf({ rawInput, title }: ToolCall): string {
	const command = (rawInput as { command?: unknown } | null | undefined)?.command;
	if (typeof command === 'string') return command;
	if (Array.isArray(command) && command.every((one) => typeof one === 'string'))
		return command.join(' ');
	return title ?? '';
}

/** Folder a command runs in, when the agent says so; Gemini CLI says it in words. */
function cwdOf(call: ToolCall): string | undefined {
	const cwd = (call.rawInput as { cwd?: unknown } | null | undefined)?.cwd;
	if (typeof cwd === 'string') return cwd;
	return /^\[current working directory ([^\]\n]+)\]/.exec(textOf(call))?.[1];
}

const textOf = ({ content }: ToolCall): string =>
	(content ?? []).flatMap((one) => (one?.type === 'content' ? one.content.text : [])).join('\n');

function intentOf(call: ToolCall): Intent {
	const paths = pathsOf(call);
	if (call.kind === 'execute') return { do: 'command', command: commandOf(call) };
	if (call.content?.some((one) => one?.type === 'diff')) return { do: 'write', paths };
	switch (call.kind) {
		case 'edit':
		case 'delete':
		case 'move':
			return { do: 'write', paths };
		case 'read':
		case 'search':
			return { do: 'read', paths };
		case 'fetch':
			return { do: 'fetch' };
		case 'switch_mode':
			return { do: 'plan' };
		default:
			return { do: 'tool' };
	}
}

const CANCELLED: PermissionAnswer = { outcome: { outcome: 'cancelled' } };

/**
 * A question in our words. A plain yes is sent as "once" and never as "always"; where the agent offers no single option that
 * fits, it is told "cancelled", which allows nothing.
 */
export function questionOf(
	{ options }: Pick<PermissionParams, 'options'>,
	call: ToolCall,
	{ cwd, agent }: { cwd: string; agent: string }
): AcpQuestion {
	const intent = intentOf(call);
	const paths = pathsOf(call);
	const title = plainLine(call.title ?? '', 400) || 'Use a tool';
	const diff = (call.content ?? [])
		.map((one) => (one?.type === 'diff' ? lineDiff(one.path, one.oldText ?? '', one.newText) : ''))
		.join('');
	const command = intent.do === 'command' ? commandOf(call) : '';
	const words = plainText(textOf(call)).slice(0, 4000);
	const once = options.filter(({ kind }) => kind === 'allow_once');
	const offered = options.flatMap((option, at) => {
		if (!option.kind.startsWith('allow')) return [];
		const name = plainLine(option.name, 80);
		const label =
			option.kind === 'allow_always'
				? `${name || 'Allow always'} – ${agent} will not ask about it again`
				: once.length === 1
					? 'Allow once'
					: name || 'Allow once';
		// `once` is what a plain yes means, and the button of a card says it.
		const id = option === once[0] && once.length === 1 ? 'once' : `option-${at}`;
		return [{ id, label: label.slice(0, 200), option }];
	});
	const select = (option: { optionId: string } | undefined): PermissionAnswer =>
		option ? { outcome: { outcome: 'selected', optionId: option.optionId } } : CANCELLED;
	return {
		subject: {
			...classify(intent),
			summary: intent.do === 'command' ? `Run ${title}` : title,
			tool: plainLine(call.kind ?? '', 200) || 'tool',
			...(intent.do === 'command' ? { command: cutCommand(command) } : {}),
			cwd: (cwdOf(call) ?? cwd).slice(0, 4096),
			...(paths.length > 0 ? { paths: cutPaths(paths) } : {}),
			...(diff ? { diff: cutDiff(diff) } : {}),
			...(words ? { details: { text: words } } : {}),
			options: offered.map(({ id, label }) => ({ id, label }))
		},
		answer({ outcome, optionId }) {
			if (outcome === 'allowed') {
				if (optionId !== undefined)
					return select(offered.find(({ id }) => id === optionId)?.option);
				return select(once.length === 1 ? once[0] : undefined);
			}
			if (outcome === 'cancelled') return CANCELLED;
			return select(options.find(({ kind }) => kind === 'reject_once'));
		}
	};
}
